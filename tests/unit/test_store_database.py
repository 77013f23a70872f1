from __future__ import annotations

import os
import sqlite3
import stat
from contextlib import closing
from datetime import UTC, datetime, timedelta, timezone

import alembic.autogenerate
import pytest
import sqlalchemy as sa
from alembic.runtime.migration import MigrationContext

from connectors.base import CrmIdentity
from sync.errors import OrgMismatchError, StoreError
from sync.store import database, matches, orgs
from sync.store.database import open_store
from sync.store.tables import METADATA, org

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
ACME = CrmIdentity("salesforce", "00D1", "Acme", "integration")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "state" / "store.sqlite"


@pytest.fixture
def store(path):
    opened = open_store(path)
    yield opened
    opened.close()


def test_a_new_store_is_private_and_survives_a_power_cut(store, path):
    with store.read() as connection:
        found = {
            pragma: connection.exec_driver_sql(f"PRAGMA {pragma}").scalar()
            for pragma in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }

    assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 5000}
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()} == {0o600}


def test_migrations_build_the_tables_that_the_code_uses(store):
    with store.read() as connection:
        assert alembic.autogenerate.compare_metadata(MigrationContext.configure(connection), METADATA) == []


def test_opening_again_keeps_what_is_there(store, path):
    with store.write() as connection:
        orgs.bind_org(connection, ACME, now=NOW)
    again = open_store(path)
    with again.read() as connection:
        assert connection.execute(sa.select(org.c.org_id)).scalar() == "00D1"
    again.close()

    assert [file.name for file in path.parent.iterdir() if "before" in file.name] == []


def test_a_failed_block_leaves_nothing(store):
    def fail():
        with store.write() as connection:
            orgs.bind_org(connection, ACME, now=NOW)
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    with store.read() as connection:
        assert connection.execute(sa.select(org)).all() == []


def test_a_write_takes_its_lock_at_the_start(store, path, monkeypatch):
    monkeypatch.setattr(database, "BUSY_TIMEOUT_MS", 1)
    store.close()  # connections made before the change wait longer
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    def write():
        with store.write():
            pytest.fail("the lock is held by another")

    with pytest.raises(StoreError, match="locked") as caught:
        write()
    with store.read() as connection:  # readers do not wait
        assert connection.execute(sa.select(org)).all() == []
    other.close()

    assert "Another program holds the file" in caught.value.remedy


@pytest.mark.parametrize("mode", [0o640, 0o604])
def test_a_store_that_others_may_read_is_refused_with_the_command_that_mends_it(path, mode):
    open_store(path).close()
    path.chmod(mode)
    with pytest.raises(StoreError, match="others may read") as caught:
        open_store(path)

    assert caught.value.remedy.startswith(f"chmod 600 {path}")


def test_a_folder_that_others_may_enter_is_refused(path):
    path.parent.mkdir(mode=0o755)
    path.parent.chmod(0o755)
    with pytest.raises(StoreError, match="mode 755") as caught:
        open_store(path)

    assert caught.value.remedy.startswith(f"chmod 700 {path.parent}")


@pytest.mark.parametrize("kind", ["link", "folder"])
def test_a_store_that_is_no_plain_file_is_refused(path, kind):
    path.parent.mkdir(mode=0o700)
    if kind == "link":
        target = path.with_name("elsewhere")
        target.touch(mode=0o600)
        path.symlink_to(target)
    else:
        path.mkdir(mode=0o700)

    with pytest.raises(StoreError, match="not a plain file"):
        open_store(path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_is_told(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(StoreError, match="cannot be made"):
        open_store(tmp_path / "store.sqlite")


def test_a_damaged_file_is_refused(path):
    open_store(path).close()
    content = bytearray(path.read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    path.write_bytes(content)
    with pytest.raises(StoreError) as caught:
        open_store(path)

    assert "put back the last backup" in caught.value.remedy


def test_a_file_that_is_no_database_is_refused(path):
    path.parent.mkdir(mode=0o700)
    path.write_bytes(b"no database, surely not" * 100)
    path.chmod(0o600)
    with pytest.raises(StoreError, match="not a database") as caught:
        open_store(path)

    assert caught.value.code == "WC-060"


def test_a_store_of_a_newer_program_is_refused_untouched(store, path):
    with store.write() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StoreError, match="version 9999"):
        open_store(path)


def test_an_older_store_is_copied_and_gets_the_newer_tables(store, path):
    with store.write() as connection:
        orgs.bind_org(connection, ACME, now=NOW)
        for table in ("party_match", "account_merge", "merged_party"):
            connection.exec_driver_sql(f"DROP TABLE {table}")
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0001'")
    with closing(open_store(path)) as newer, newer.write() as connection:
        matches.save_decisions(connection, "00D1", [matches.MatchDecision("number:1", "001", "confirmed")], now=NOW)
    copy = path.with_name("store.sqlite.before-0003")
    with closing(sqlite3.connect(copy)) as saved:
        rows = saved.execute("SELECT org_id, version_num FROM org, alembic_version").fetchall()

    assert rows == [("00D1", "0001")]
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600


def test_a_backup_replaces_the_one_before(store, path):
    copy = path.with_name("copy")
    store.back_up(copy)
    with store.write() as connection:
        orgs.bind_org(connection, ACME, now=NOW)
    store.back_up(copy)
    opened = open_store(copy)
    with opened.read() as connection:
        assert connection.execute(sa.select(org.c.org_id)).scalars().all() == ["00D1"]
    opened.close()


def test_foreign_keys_are_enforced(store):
    def write():
        with store.write() as connection:
            connection.exec_driver_sql("INSERT INTO budget VALUES ('nobody', '2026-11-21', 1, 2)")

    with pytest.raises(StoreError, match="FOREIGN KEY"):
        write()


def test_moments_are_kept_in_utc_and_need_a_zone(store):
    with store.write() as connection:
        orgs.bind_org(connection, ACME, now=datetime(2026, 11, 21, 7, 0, tzinfo=timezone(timedelta(hours=-5))))
        assert connection.execute(sa.select(org.c.bound_at)).scalar() == NOW

    def write_naive():
        with store.write() as connection:
            connection.execute(org.update().values(bound_at=NOW.replace(tzinfo=None)))

    with pytest.raises(Exception, match="without its zone"):
        write_naive()


@pytest.mark.parametrize("other", [("salesforce", "00D2"), ("hubspot", "00D1")])
def test_a_store_serves_one_org_only(store, other):
    crm, org_id = other
    with store.write() as connection:
        orgs.bind_org(connection, ACME, now=NOW)
        orgs.bind_org(connection, ACME, now=NOW)
        with pytest.raises(OrgMismatchError, match="the store belongs to salesforce 00D1") as caught:
            orgs.bind_org(connection, CrmIdentity(crm, org_id, "Copy", "integration"), now=NOW)

    assert caught.value.code == "WC-061"
