"""A file of 100 MB is read in memory that its records need, not its bytes: measured in a process of its own."""

import random
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

CONFIG = Path(__file__).parents[2] / "config" / "exports"
FILE_BYTES = 100 << 20
ROWS_A_BLOCK = 500
MOST_RESIDENT_BYTES = 512 << 20
CHILD = """\
import resource, sys
from pathlib import Path
from connectors.exports.loading import load_mappings
from connectors.exports.reader import read_file

reading = read_file(Path(sys.argv[1]), load_mappings(Path(sys.argv[2])), home_currency="EUR")
kibibytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(reading.status, reading.covers[0], reading.covers[1], kibibytes * 1024)
"""


def block():
    """Return rows whose long notes nobody reads and no archive can shrink much."""
    chosen = random.Random(4)  # noqa: S311  no secret
    days = [f"2026-{1 + row % 12:02}-{1 + row % 28:02}" for row in range(ROWS_A_BLOCK)]
    return "".join(
        f"{day},person{row % 40},client{row % 90},build,7.25,{chosen.randbytes(300).hex()}\n"
        for row, day in enumerate(days)
    )


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    path = tmp_path_factory.mktemp("large") / "time.csv"
    rows = block()
    with path.open("w", encoding="utf-8") as file:
        file.write("date,person,client,task,hours,note\n")
        while file.tell() < FILE_BYTES:
            file.write(rows)
    return path


@pytest.mark.slow
@pytest.mark.parametrize("is_packed", [False, True], ids=["plain", "in an archive"])
def test_a_large_file_is_read_in_bounded_memory(large, is_packed):
    path = large
    if is_packed:
        path = large.with_suffix(".zip")
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            archive.write(large, "time.csv")
    told = subprocess.run(
        [sys.executable, "-c", CHILD, str(path), str(CONFIG)], capture_output=True, text=True, check=True
    ).stdout.split()
    assert told[:3] == ["accepted", "2026-01-01", "2026-12-28"]
    assert int(told[3]) < MOST_RESIDENT_BYTES
