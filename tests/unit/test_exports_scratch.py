"""What a killed process left in the spill folder goes with the next run; what a living one needs stays."""

import subprocess
import sys
from pathlib import Path

import pytest

from connectors.exports.reader import check_folder
from connectors.exports.scratch import ScratchFolder, remove_abandoned

CHILD = """\
import sys
from pathlib import Path
from connectors.exports.scratch import ScratchFolder
folder = ScratchFolder(Path(sys.argv[1]))
(folder.path / "document.parquet").write_text("rows")
print(folder.path, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def child(tmp_path):
    """Run a process that holds a scratch folder until its input ends."""
    with subprocess.Popen(
        [sys.executable, "-c", CHILD, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield process
        process.kill()


def test_the_folder_of_a_killed_process_is_removed_by_the_next_run(child, tmp_path):
    folder = Path(child.stdout.readline().strip())
    child.kill()
    child.wait()
    assert (folder / "document.parquet").exists()

    (tmp_path / "exports").mkdir()
    assert check_folder(tmp_path / "exports", (), home_currency="EUR", scratch=tmp_path) == []
    assert [path.name for path in tmp_path.iterdir()] == ["exports"]


def test_the_folder_of_a_living_process_stays_until_it_ends(child, tmp_path):
    folder = Path(child.stdout.readline().strip())
    remove_abandoned(tmp_path)
    assert (folder / "document.parquet").exists()

    child.communicate()
    assert list(tmp_path.iterdir()) == []


def test_what_is_not_ours_stays(tmp_path):
    mine = ScratchFolder(tmp_path)
    (tmp_path / "whalecurve-notes").mkdir()
    (tmp_path / "whalecurve-notes" / "notes.txt").write_text("mine")
    (tmp_path / "duckdb.lock").write_text("")
    remove_abandoned(tmp_path)

    assert mine.path.is_dir()
    assert (tmp_path / "whalecurve-notes" / "notes.txt").exists()
    assert (tmp_path / "duckdb.lock").exists()


def test_a_folder_that_is_not_there_holds_nothing_to_remove(tmp_path):
    remove_abandoned(tmp_path / "spill")

    assert not (tmp_path / "spill").exists()
