from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sync.errors import RunActiveError, StoreError
from sync.exit_codes import exit_code
from sync.lock import LOCK_NAME, is_run_active, run_lock

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
ROOT = Path(__file__).parents[2]

HOLDER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from sync.lock import run_lock
with run_lock(Path(sys.argv[1]), now=datetime(2026, 11, 21, 12, 0, tzinfo=UTC)):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def holder(tmp_path):
    """Start another process that holds the lock of `tmp_path`."""
    command = [sys.executable, "-c", HOLDER, str(tmp_path)]
    with subprocess.Popen(
        command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout.readline() == b"held\n"
        yield process
        process.kill()


def test_the_second_run_is_refused_and_told_who_runs(tmp_path, holder):
    with pytest.raises(RunActiveError) as caught, run_lock(tmp_path, now=NOW):
        pytest.fail("two runs at once")

    assert caught.value.what == (
        f"another run is active: process {holder.pid} on {socket.gethostname()}, since 2026-11-21T12:00:00+00:00"
    )
    assert exit_code(caught.value) == 75


def test_the_lock_of_a_killed_run_is_free(tmp_path, holder):
    os.kill(holder.pid, signal.SIGKILL)
    holder.wait()

    with run_lock(tmp_path, now=NOW):
        pass


def test_the_lock_file_stays_and_is_private(tmp_path):
    for _run in range(2):
        with run_lock(tmp_path / "state", now=NOW):
            pass

    path = tmp_path / "state" / LOCK_NAME
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_a_run_in_the_same_process_is_refused_too(tmp_path):
    with run_lock(tmp_path, now=NOW), pytest.raises(RunActiveError), run_lock(tmp_path, now=NOW):
        pytest.fail("two runs at once")


def test_an_error_in_the_run_frees_the_lock(tmp_path):
    with pytest.raises(KeyError), run_lock(tmp_path, now=NOW):
        raise KeyError
    with run_lock(tmp_path, now=NOW):
        pass


def test_a_lock_file_replaced_while_it_is_taken_is_refused(tmp_path, monkeypatch):
    """Whoever renames a fresh file over ours between open and lock would let two runs in."""
    path = tmp_path / LOCK_NAME
    real_fstat = os.fstat

    def replace_then_fstat(descriptor):
        found = real_fstat(descriptor)
        if path.exists() and os.path.samestat(found, path.stat()):
            path.rename(tmp_path / "old")
            path.touch()
        return found

    monkeypatch.setattr("sync.lock.os.fstat", replace_then_fstat)
    with pytest.raises(StoreError, match="replaced"), run_lock(tmp_path, now=NOW):
        pytest.fail("the name leads to another file")


def test_an_unreadable_note_about_the_holder_does_not_matter(tmp_path, holder):
    (tmp_path / f"{LOCK_NAME}.json").write_text("{", encoding="utf-8")
    with pytest.raises(RunActiveError, match="process unknown on unknown") as caught, run_lock(tmp_path, now=NOW):
        pytest.fail("two runs at once")

    assert holder.poll() is None
    assert caught.value.where == str(tmp_path)


def test_whether_a_run_is_active_is_told_without_disturbing_the_next(tmp_path):
    assert not is_run_active(tmp_path)
    with run_lock(tmp_path, now=NOW):
        assert is_run_active(tmp_path)

    assert not is_run_active(tmp_path)
    with run_lock(tmp_path, now=NOW):
        pass


def test_a_folder_that_cannot_be_made_is_a_store_problem(tmp_path):
    (tmp_path / "data").touch()

    with pytest.raises(StoreError, match="cannot be taken") as caught, run_lock(tmp_path / "data" / "state", now=NOW):
        pytest.fail("no folder, no run")

    assert str(tmp_path / "data") in caught.value.where
