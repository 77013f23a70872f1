"""Decisions on customers as a CSV file, to be filled in with a spreadsheet and read back."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import get_args

from connectors.errors import InputError
from profitability.units import from_minor
from sync.errors import ConfigError
from sync.matching import Waiting
from sync.store.matches import MatchDecision, Verdict, match_decisions

COLUMNS = ("party", "name", "value", "hours", "reason", "account_id", "account", "decision")
_READ = ("party", "account_id", "decision")
_FORMULA = ("=", "+", "-", "@")


def write_matches(path: Path, waiting: Waiting, decided: Sequence[MatchDecision], *, currency: str) -> int:
    """Write a row per decision on an account that is there, then one per waiting customer and proposal.

    Returns:
        How many rows.

    Raises:
        ConfigError: the file cannot be written.
    """
    rows = [*_decided_rows(waiting, decided), *_waiting_rows(waiting, decided, currency)]
    try:
        with path.open("w", encoding="utf-8-sig", newline="") as stream:
            writer = csv.writer(stream)
            writer.writerow(COLUMNS)
            writer.writerows([_plain(cell) for cell in row] for row in rows)
    except OSError as error:
        raise ConfigError(
            f"cannot be written: {error.strerror}", where=str(path), remedy="Name another file."
        ) from error
    return len(rows)


def _decided_rows(waiting: Waiting, decided: Sequence[MatchDecision]) -> Iterator[tuple[str, ...]]:
    for each in decided:
        if name := waiting.accounts.get(each.account_id):
            yield each.handle, "", "", "", "", each.account_id, name, each.verdict


def _waiting_rows(waiting: Waiting, decided: Sequence[MatchDecision], currency: str) -> Iterator[tuple[str, ...]]:
    decisions = match_decisions(decided)
    for party in waiting.undecided(decisions):
        value, hours = str(from_minor(party.value_cents, currency)), f"{party.worked_seconds / 3600:.2f}"
        known = (party.handle, party.name, value, hours, party.reason)
        proposals = waiting.proposals(party, decisions)
        yield from ((*known, each.account_id, each.name, "") for each in proposals)
        if not proposals:
            yield *known, "", "", ""


def _plain(cell: str) -> str:
    """Keep a spreadsheet from taking a name for a formula."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def read_matches(path: Path, waiting: Waiting) -> list[MatchDecision]:
    """Read the rows with a decision; those without one are passed over.

    Raises:
        InputError: not such a file, an unknown decision, customer or account, or a customer confirmed twice. Nothing
            of the file counts.
    """
    decisions: dict[str, MatchDecision] = {}
    listed = []
    for line, row in _rows(path):
        if not row["decision"]:
            continue
        decision = _decision(row, waiting, f"{path}:{line}")
        listed.append(decision)
        before = decisions.setdefault(decision.handle, decision) if decision.verdict == "confirmed" else decision
        if before != decision:
            raise InputError(
                f"{decision.handle} is confirmed as {before.account_id} and as {decision.account_id}",
                where=f"{path}:{line}",
                remedy="Confirm one account; reject the others or leave them blank.",
            )
    return listed


def _rows(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            first = stream.readline()
            delimiter = ";" if first.count(";") > first.count(",") else ","
            stream.seek(0)
            reader = csv.DictReader(stream, delimiter=delimiter, strict=True)
            missing = set(_READ) - set(reader.fieldnames or ())
            if missing:
                raise InputError(
                    f"the columns {', '.join(sorted(missing))} are missing",
                    where=str(path),
                    remedy="Start from the file that `whalecurve match export` writes.",
                )
            for row in reader:
                yield reader.line_num, {name: (row[name] or "").strip() for name in _READ}
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"cannot be read: {error}", where=str(path), remedy="Save it as CSV in UTF-8.") from error


def _decision(row: dict[str, str], waiting: Waiting, place: str) -> MatchDecision:
    verdict = next((each for each in get_args(Verdict) if each == row["decision"].casefold()), None)
    if verdict is None:
        raise InputError(
            f"unknown decision {row['decision']!r}",
            where=place,
            remedy=f"Write {' or '.join(get_args(Verdict))}, or leave it blank.",
        )
    try:
        return MatchDecision(waiting.handle(row["party"]), waiting.account(row["account_id"]), verdict)
    except ConfigError as error:
        raise InputError(error.what, where=place, remedy=error.remedy) from error
