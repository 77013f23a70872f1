"""What people decide about files: take one out, put it back, say how a new one stands to the older ones.

Each decision is one line of the history, with its reason; it counts from the next run on.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from connectors.errors import InputError
from connectors.exports.archive import open_export
from connectors.exports.source import FileFaultError
from connectors.ledger.history import LedgerFile, Way
from connectors.ledger.ledger import Ledger

_SHORTEST_HASH = 6


def remove(ledger: Ledger, name: str, reason: str) -> LedgerFile:
    """Take a file out: its records count no more, and those that it replaced count again.

    Args:
        ledger: where it counts.
        name: path or name of the file as it was taken, or the beginning of its hash.
        reason: why, for the history.

    Raises:
        InputError: no file that counts is called so, or several are.
    """
    return _turn(ledger, name, reason, event="removed", state="counts")


def restore(ledger: Ledger, name: str, reason: str) -> LedgerFile:
    """Let a file count again that was taken out; arguments and errors are those of `remove`."""
    return _turn(ledger, name, reason, event="restored", state="is out")


def accept(ledger: Ledger, path: Path, way: Way, reason: str) -> str:
    """Say of a content that will be taken how it stands to older files of its days; return its hash.

    Args:
        ledger: where it will be taken.
        path: the file.
        way: it `replaces` the older ones, however much vanishes; or it stands `beside` them.
        reason: why, for the history.

    Raises:
        InputError: the file cannot be read, or was taken already.
    """
    try:
        with open_export(path) as source:
            sha256 = source.sha256
    except FileFaultError as fault:
        raise InputError(fault.problem.what, where=str(path), remedy=fault.problem.remedy) from fault
    known = _files(ledger).get(sha256)
    if known is not None:
        way_back = "remove" if known.removed is None else "restore"
        raise InputError(
            "this content was taken already",
            where=str(path),
            remedy=f"Decide before a file is taken; what is left: `whalecurve exports {way_back} {sha256[:12]}`.",
        )
    event = {"event": "accepted", "sha256": sha256, "file": str(path), "way": way, "reason": reason}
    ledger.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    ledger.history.append([event], at=ledger.clock())
    return sha256


def _turn(ledger: Ledger, name: str, reason: str, *, event: str, state: str) -> LedgerFile:
    """Turn a file over: one that counts is taken out, one that is out counts again."""
    is_out = event == "restored"
    file = _only(
        name, {sha256: file for sha256, file in _files(ledger).items() if (file.removed is not None) is is_out}, state
    )
    ledger.history.append([{"event": event, "sha256": file.sha256, "reason": reason}], at=ledger.clock())
    return file


def _files(ledger: Ledger) -> Mapping[str, LedgerFile]:
    return ledger.history.read().files


def _only(name: str, files: Mapping[str, LedgerFile], state: str) -> LedgerFile:
    is_hash = len(name) >= _SHORTEST_HASH
    found = [
        file
        for sha256, file in files.items()
        if name in (file.file, file.name, Path(file.file).name) or (is_hash and sha256.startswith(name))
    ] or [file for file in files.values() if Path(file.file).resolve() == Path(name).resolve()]
    if len(found) == 1:
        return found[0]
    if found:
        told = ", ".join(f"{file.short_hash} taken {file.taken:%Y-%m-%d %H:%M}" for file in found)
        raise InputError(f"{len(found)} contents came under this name", where=name, remedy=f"Name one: {told}.")
    raise InputError(f"no such file {state}", where=name, remedy="`whalecurve exports history` lists the files.")
