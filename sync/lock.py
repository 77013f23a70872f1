"""One run at a time per state folder.

The lock is the kernel's (flock), so it ends with its holder, however that dies. The lock file stays for ever:
were it deleted while held, the next process would lock a new file and both would run.
"""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from sync.errors import RunActiveError, StoreError

LOCK_NAME = "run.lock"
_HOLDER_NAME = "run.lock.json"

PROBE_SECONDS = 1
"""How long a run waits for the lock: longer than `is_run_active` holds it."""


@contextmanager
def run_lock(folder: Path, *, now: datetime) -> Iterator[None]:
    """Hold the right to run on this state folder; `now` is told to whoever comes second.

    Raises:
        RunActiveError: another process holds it.
        StoreError: the folder cannot be written or has no locks, or the lock file was replaced.
    """
    lock = _lock(folder)
    try:
        folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)
        lock.acquire(timeout=PROBE_SECONDS)
        _tell_holder(folder, now=now)
    except Timeout as error:
        raise _active(folder) from error
    except OSError as error:
        lock.release()
        raise StoreError(
            f"the run lock cannot be taken: {error.strerror}",
            where=str(folder / LOCK_NAME),
            remedy="Keep the state folder on a local disk with free space, writable for this user.",
        ) from error
    try:
        yield
    finally:
        lock.release()


def is_run_active(folder: Path) -> bool:
    """Return whether a process holds the lock now, by taking it for a moment."""
    if not (folder / LOCK_NAME).exists():
        return False
    lock = _lock(folder)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return True
    lock.release()
    return False


def _lock(folder: Path) -> FileLock:
    path = folder / LOCK_NAME
    return FileLock(
        path,
        mode=0o600,
        fallback_to_soft=False,
        preserve_lock_file=True,
        on_acquired=lambda descriptor: _refuse_replaced(descriptor, path),
    )


def _refuse_replaced(descriptor: int, path: Path) -> None:
    """Make sure that the file we locked is still the one that others will find under its name."""
    held = os.fstat(descriptor)
    with suppress(FileNotFoundError):
        if os.path.samestat(held, path.stat()):
            return
    raise StoreError(
        "the lock file was replaced while it was being locked",
        where=str(path),
        remedy="Nobody may delete this file; run again.",
    )


def _tell_holder(folder: Path, *, now: datetime) -> None:
    draft = folder / f"{_HOLDER_NAME}.new"
    holder = {"pid": os.getpid(), "host": socket.gethostname(), "started": now.isoformat(timespec="seconds")}
    draft.write_text(json.dumps(holder), encoding="utf-8")
    draft.replace(folder / _HOLDER_NAME)


def _active(folder: Path) -> RunActiveError:
    holder: dict[str, Any] = {}
    with suppress(OSError, ValueError):
        holder = json.loads((folder / _HOLDER_NAME).read_text(encoding="utf-8"))
    return RunActiveError(
        f"another run is active: process {holder.get('pid', 'unknown')} on {holder.get('host', 'unknown')}, "
        f"since {holder.get('started', 'unknown')}",
        where=str(folder),
        remedy="Wait until it ends; if it hangs, end that process: the next run settles what was under way.",
    )
