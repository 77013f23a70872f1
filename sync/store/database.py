"""Open the store, and give transactions on it that survive a kill and a power cut.

SQLite in WAL mode commits to disk only with `synchronous=FULL`: with NORMAL the last commits may be lost
(SQLite, "PRAGMA synchronous"). A write transaction takes its lock at the start (BEGIN IMMEDIATE), because one
that reads first and writes later fails at once, without waiting, when another writer came between.
"""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.exc import DBAPIError

from sync.errors import StoreError

BUSY_TIMEOUT_MS = 5000

_WRITE, _READ, _NONE = "BEGIN IMMEDIATE", "BEGIN DEFERRED", ""

_REMEDIES = {
    "SQLITE_BUSY": "Another program holds the file: wait for it (a backup, a shell), then run again.",
    "SQLITE_FULL": "Free disk space, then run again; the next run settles what was under way.",
    "SQLITE_READONLY": "Make the file and its folder writable for this user.",
    "SQLITE_CANTOPEN": "Make the file and its folder readable and writable for this user.",
    "SQLITE_CORRUPT": "Keep the file for inquiry, put back the last backup beside it, then run again.",
    "SQLITE_NOTADB": "Keep the file for inquiry, put back the last backup beside it, then run again.",
}
_OTHER_REMEDY = "Check the disk, then run again; the next run settles what was under way."


class Store:
    """An open store: transactions on its connections.

    All statements of one `with` block are one transaction: all of it is on disk after the block, or none.
    """

    def __init__(self, engine: sa.Engine, path: Path) -> None:
        self.path = path
        self._engine = engine

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """Give a connection that sees one consistent state.

        Raises:
            StoreError: the file cannot be read.
        """
        with _telling(self), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """Give a connection that holds the write lock; commit when the block ends, else roll back.

        Raises:
            StoreError: the lock was not given in time, or the commit failed; after a failed commit nobody
                knows whether it happened, so the run must stop and the next one read again.
        """
        engine = self._engine.execution_options(whalecurve_begin=_WRITE)
        with _telling(self), engine.begin() as connection:
            yield connection

    def back_up(self, copy: Path) -> None:
        """Write a consistent copy of the store, readable by its owner alone; an earlier copy there is replaced.

        Raises:
            StoreError: the copy cannot be written.
        """
        draft = copy.with_name(copy.name + ".new")
        draft.unlink(missing_ok=True)
        _touch_private(draft)
        # SQLite, "VACUUM INTO": the target may be an empty file; no transaction may be open.
        engine = self._engine.execution_options(whalecurve_begin=_NONE)
        with _telling(self), engine.connect() as connection:
            connection.exec_driver_sql("VACUUM INTO ?", (str(draft),))
        draft.replace(copy)

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()


def open_store(path: Path) -> Store:
    """Open the store file, make it where there is none, and bring its tables up to date.

    An existing file is checked first, and copied to `<name>.before-<revision>` before its tables change.

    Raises:
        StoreError: others may read the file or its folder, the file is damaged or of a newer version,
            or the disk cannot keep what SQLite promises.
    """
    _refuse_unsafe_place(path)
    store = Store(_engine(path), path)
    try:
        _verify(store)
        _migrate(store)
    except BaseException:
        store.close()
        raise
    return store


def _refuse_unsafe_place(path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not path.exists() and not path.is_symlink():
        _touch_private(path)
    for place in (path.parent, path):
        found = place.lstat()
        if place == path and not stat.S_ISREG(found.st_mode):
            raise StoreError("the store is not a plain file", where=str(path), remedy="Name a file, not a link.")
        if found.st_mode & 0o077 or found.st_uid != os.geteuid():
            owner_only = "700" if place == path.parent else "600"
            raise StoreError(
                f"mode {found.st_mode & 0o777:o}, owner {found.st_uid}: others may read or change the store",
                where=str(place),
                remedy=f"chmod {owner_only} {place}, owned by the user that runs whalecurve.",
            )


def _touch_private(path: Path) -> None:
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except OSError as error:
        raise StoreError(
            f"the file cannot be made: {error.strerror}",
            where=str(path),
            remedy="Make its folder writable for this user, or name another one.",
        ) from error


def _engine(path: Path) -> sa.Engine:
    engine = sa.create_engine(sa.URL.create("sqlite", database=str(path)))
    sa.event.listen(engine, "connect", _prepare)
    sa.event.listen(engine, "begin", _begin)
    return engine


def _prepare(connection: sqlite3.Connection, _record: object) -> None:
    # SQLAlchemy, SQLite dialect, "Enabling Non-Legacy SQLite Transactional Modes": we say BEGIN ourselves.
    connection.isolation_level = None
    connection.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA foreign_keys=ON")


def _begin(connection: sa.Connection) -> None:
    if begin := connection.get_execution_options().get("whalecurve_begin", _READ):
        connection.exec_driver_sql(begin)


def _verify(store: Store) -> None:
    """Read back what SQLite was told: a file system without shared memory silently keeps another journal mode."""
    expected = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "quick_check(1)": "ok"}
    with store.read() as connection:
        for pragma, value in expected.items():
            found = connection.exec_driver_sql(f"PRAGMA {pragma}").scalar()
            if found != value:
                is_damaged = pragma.startswith("quick_check")
                raise StoreError(
                    "the file is damaged" if is_damaged else f"{pragma} is {found!r}, expected {value!r}",
                    where=str(store.path),
                    remedy=_REMEDIES["SQLITE_CORRUPT"] if is_damaged else "Keep the store on a local disk.",
                )


def _migrate(store: Store) -> None:
    config = Config()
    # Alembic, tutorial, "script_location": the form package:folder works from a wheel as from a checkout.
    config.set_main_option("script_location", "sync.store:migrations")
    scripts = ScriptDirectory.from_config(config)
    with store.read() as connection:
        revision = MigrationContext.configure(connection).get_current_revision()
    if revision == scripts.get_current_head():
        return
    if revision is not None:
        if revision not in {script.revision for script in scripts.walk_revisions()}:
            raise StoreError(
                f"the store is of version {revision}, which this program does not know",
                where=str(store.path),
                remedy="Use the newer whalecurve that wrote it.",
            )
        store.back_up(store.path.with_name(f"{store.path.name}.before-{scripts.get_current_head()}"))
    with store.write() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


@contextmanager
def _telling(store: Store) -> Iterator[None]:
    """Turn what the database reports into a StoreError, and forget its connections."""
    try:
        yield
    except DBAPIError as error:
        store.close()
        kind = getattr(error.orig, "sqlite_errorname", "")
        raise StoreError(f"the store failed: {error.orig}", where=str(store.path), remedy=_remedy(kind)) from error


def _remedy(kind: str) -> str:
    """Return what to do about an SQLite error name; an extended name begins with its plain one."""
    return next((remedy for name, remedy in _REMEDIES.items() if kind.startswith(name)), _OTHER_REMEDY)
