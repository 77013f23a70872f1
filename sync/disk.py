"""What the disk under our data folder can do to a run: full, read-only, gone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sync.errors import StoreError


@contextmanager
def telling_disk_errors(folder: Path) -> Iterator[None]:
    """Run what reads and writes files below `folder`, and no network.

    Raises:
        StoreError: a file cannot be made, written or read.
    """
    import duckdb

    try:
        yield
    except (OSError, duckdb.IOException) as error:
        told = getattr(error, "strerror", None) or str(error).splitlines()[0]
        raise StoreError(
            f"the disk refuses: {told}",
            where=str(getattr(error, "filename", None) or folder),
            remedy=f"Free space on it and make {folder} writable for this user, then run again.",
        ) from error
