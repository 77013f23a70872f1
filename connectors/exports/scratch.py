"""Folders for what a run need not keep: each goes with its owner, or, where that was killed, with a later run."""

from __future__ import annotations

import shutil
import weakref
from contextlib import suppress
from pathlib import Path
from secrets import token_hex
from tempfile import gettempdir

from filelock import FileLock, Timeout

_PREFIX, _LOCK = "whalecurve-", ".lock"


class ScratchFolder:
    """A folder of its own, closed to others; it is removed with this object.

    The lock on the file beside it is the kernel's: it ends with the process, however that dies.
    """

    __slots__ = ("__weakref__", "path")

    def __init__(self, parent: Path | None) -> None:
        parent = parent or Path(gettempdir())
        parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.path = parent / f"{_PREFIX}{token_hex(8)}"
        lock = FileLock(self.path.with_suffix(_LOCK), mode=0o600)
        lock.acquire()  # before the folder is there, so that no folder is without its lock
        self.path.mkdir(mode=0o700)
        weakref.finalize(self, _remove, self.path, lock)


def remove_abandoned(parent: Path) -> None:
    """Remove the scratch folders below a folder whose processes have ended without removing them."""
    for lock_file in parent.glob(f"{_PREFIX}*{_LOCK}"):
        lock = FileLock(lock_file, mode=0o600)
        with suppress(Timeout, OSError):  # its process lives, or it belongs to another user
            lock.acquire(timeout=0)
            _remove(lock_file.with_suffix(""), lock)


def _remove(folder: Path, lock: FileLock) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    Path(lock.lock_file).unlink(missing_ok=True)
    lock.release()
