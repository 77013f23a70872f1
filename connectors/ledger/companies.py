"""Refuse the books of another company: the export of the wrong one is a slip that no figure of its own shows."""

from __future__ import annotations

from collections.abc import Sequence

from connectors.errors import InputError
from connectors.ledger.history import LedgerFile
from connectors.names import plain_name


def refuse_other_companies(files: Sequence[LedgerFile], companies: Sequence[str]) -> None:
    """Hold the company that a file states against the firm's own names; case, accents and legal forms do not matter.

    Args:
        files: the files that count, in the order of their taking. One that states no company is passed over.
        companies: names of the firm, as its books state them; empty: the files of one mapping must agree.

    Raises:
        InputError: a file is of another company.
    """
    known = {plain_name(name)[0] for name in companies}
    first: dict[str, LedgerFile] = {}
    for file in (file for file in files if file.company):
        other = first.setdefault(file.mapping, file)
        if known and plain_name(file.company)[0] not in known:
            told = f"the books of {file.company!r}, and yours are those of {', '.join(companies)}"
        elif not known and plain_name(file.company)[0] != plain_name(other.company)[0]:
            told = f"the books of {file.company!r}, and {other.file} has those of {other.company!r}"
        else:
            continue
        raise InputError(
            told,
            where=file.file,
            remedy=f"Take the file out of the folder (and, if it was taken before, `whalecurve exports remove "
            f"{file.short_hash}`); or name it in `companies` of `[books]` in whalecurve.toml.",
        )
