"""Read a file that holds secrets, if nobody but its owner could have read or written it."""

from __future__ import annotations

import errno
import os
import shlex
import stat
from pathlib import Path

from sync.errors import SecretFileError

_MOST_BYTES = 1 << 20


def read_owner_only(path: Path) -> str:
    """Return the text of a file that holds secrets.

    The file is opened first and judged by what was opened, so that it cannot be swapped in between.

    Raises:
        FileNotFoundError: there is no such file.
        SecretFileError: it is a symbolic link, not a file, somebody else's, open to others, locked, or not text.
    """
    try:
        # without O_NONBLOCK a named pipe would make us wait for a writer
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise _unreadable(path, error) from error
    try:
        _refuse_unsafe(path, os.fstat(descriptor))
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            content = file.read(_MOST_BYTES + 1)
    finally:
        os.close(descriptor)
    if len(content) > _MOST_BYTES:
        raise SecretFileError("is too large to hold secrets", where=str(path), remedy="Check that the path is right.")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        # `from None`: the cause would carry the file's bytes into a traceback
        raise SecretFileError("is not UTF-8 text", where=str(path), remedy="Save the file as UTF-8.") from None


def _refuse_unsafe(path: Path, status: os.stat_result) -> None:
    mode = stat.S_IMODE(status.st_mode)
    command = f"chmod 600 {shlex.quote(str(path))}"
    if not stat.S_ISREG(status.st_mode):
        raise SecretFileError("is not a regular file", where=str(path), remedy="Put the secrets in a plain file.")
    if status.st_uid != os.geteuid():
        raise SecretFileError(
            f"holds secrets and belongs to user id {status.st_uid}; we run as user id {os.geteuid()}",
            where=str(path),
            remedy=f"Run as its owner, or make it ours: chown {os.geteuid()} {shlex.quote(str(path))}",
        )
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise SecretFileError(
            f"holds secrets and is open to other users (mode {mode:04o}, expected 0600)",
            where=str(path),
            remedy=f"{command}   and renew the secrets if others use this machine",
        )
    if not mode & stat.S_IRUSR:  # root could read it; for root, too, a locked file stays locked
        raise SecretFileError(f"is locked: its mode {mode:04o} lets nobody read it", where=str(path), remedy=command)


def _unreadable(path: Path, error: OSError) -> SecretFileError:
    where = str(path)
    if error.errno == errno.ELOOP:
        return SecretFileError(
            "is a symbolic link; a file with secrets must be a plain file",
            where=where,
            remedy="Put the file itself there, mode 0600.",
        )
    return SecretFileError(
        f"holds secrets and cannot be read: {os.strerror(error.errno or 0)}",
        where=where,
        remedy=f"Run as its owner, or: chmod 600 {shlex.quote(where)}",
    )
