"""`make bench-exports`: a large Toggl export read into the ledger, beside DuckDB alone and a plain csv loop.

Each contender runs in a process of its own, in turns; seconds, CPU seconds and peak memory are its own, imports left
out of the seconds. The ratios of one run are what counts; a machine's seconds are not.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from statistics import median
from typing import Any

import duckdb
import pandas as pd

from connectors.exports.loading import load_mappings
from connectors.exports.reader import read_file
from connectors.ledger.ledger import Ledger

ROWS = 2_000_000
BARE = "DuckDB, all cells as text, counted"
OURS = "ours, read to ledger"
MOST_TIMES_BARE = 4
MOST_MB = 1024

_MAPPINGS = Path(__file__).parents[1] / "config" / "exports"
_HEADINGS = "User,Email,Client,Project,Task,Description,Billable,Start date,Start time,End date,End time,Duration,Tags"
_NOTES = ("Weekly call {}", "Fix {}, then test", 'The "big" one {}', "Réunion {}", "")


def write_toggl(path: Path, rows: int) -> None:
    """Write a detailed report of a firm of 200 people and 2,000 clients, the same for the same number of rows."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(_HEADINGS.split(","))
        writer.writerows(_toggl_rows(random.Random(7), rows))


def _toggl_rows(dice: random.Random, rows: int) -> Iterator[tuple[str, ...]]:
    for number in range(rows):
        person, client, minutes = dice.randrange(200), dice.randrange(2000), dice.randrange(1, 480)
        day = f"2026-{dice.randrange(1, 13):02}-{dice.randrange(1, 29):02}"
        yield (
            f"Person {person}",
            f"person.{person}@firm.example",
            f"Client {client} B.V." if client % 10 else "",
            f"Project {client % 37}",
            dice.choice(("Design", "Build", "Calls", "")),
            dice.choice(_NOTES).format(number),
            dice.choice(("Yes", "No")),
            day,
            "09:00:00",
            day,
            "17:00:00",
            f"{minutes // 60:02}:{minutes % 60:02}:{dice.randrange(60):02}",
            dice.choice(("", "a, b", "x")),
        )


def read_to_ledger(path: Path, folder: Path) -> int:
    """Read the file as the nightly run does, and take it."""
    reading = read_file(path, load_mappings(_MAPPINGS), home_currency="EUR", scratch=folder)
    Ledger(folder / "ledger").take([reading])
    return len(reading.records)


def count_in_duckdb(path: Path, folder: Path) -> int:
    """Count the rows; DuckDB parts them into cells and makes a value of none."""
    del folder
    return _counted(f"SELECT count(*) FROM {_cells(path)}")  # noqa: S608  our own path


def scan_in_duckdb(path: Path, folder: Path) -> int:
    """Make a text of every cell."""
    del folder
    return _counted(f"SELECT count(*), max(COLUMNS(*)) FROM {_cells(path)}")  # noqa: S608  our own path


def copy_in_duckdb(path: Path, folder: Path) -> int:
    """Write every cell as text to Parquet."""
    return _counted(f"COPY (SELECT * FROM {_cells(path)}) TO '{folder / 'cells.parquet'}' (FORMAT parquet)")  # noqa: S608  our own path


def loop_over_csv(path: Path, folder: Path) -> int:
    """Take every row from the csv module, and do nothing with it."""
    del folder
    with path.open(newline="", encoding="utf-8") as file:
        return sum(1 for _ in csv.reader(file)) - 1


def _cells(path: Path) -> str:
    return f"read_csv('{path}', all_varchar = true)"


def _counted(sql: str) -> int:
    with closing(duckdb.connect()) as connection:
        return int(connection.execute(sql).fetchall()[0][0])


CONTENDERS: dict[str, Callable[[Path, Path], int]] = {
    OURS: read_to_ledger,
    BARE: count_in_duckdb,
    "DuckDB, every cell made": scan_in_duckdb,
    "DuckDB, text to Parquet": copy_in_duckdb,
    "csv module, bare loop": loop_over_csv,
}


def main() -> None:
    """Measure and print; with --contender, be one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--contender", choices=list(CONTENDERS))
    parser.add_argument("--file", type=Path)
    chosen = parser.parse_args()
    if chosen.contender:
        print(json.dumps(_measured(CONTENDERS[chosen.contender], chosen.file)))
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "toggl.csv"
        write_toggl(path, chosen.rows)
        print(f"{chosen.rows:,} rows, {path.stat().st_size / 2**20:,.0f} MiB, median of {chosen.repeats}")
        _compare([{name: _run(name, path) for name in CONTENDERS} for _ in range(chosen.repeats)], chosen.rows)


def _measured(contender: Callable[[Path, Path], int], path: Path) -> dict[str, Any]:
    pd.DataFrame()  # its import is no part of the work
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        started, before = time.perf_counter(), time.process_time()
        rows = contender(path, Path(folder))
        seconds, cpu = time.perf_counter() - started, time.process_time() - before
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"rows": rows, "seconds": seconds, "cpu": cpu, "mb": peak}


def _run(contender: str, path: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.exports", "--contender", contender, "--file", str(path)]
    answer = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    found: dict[str, Any] = json.loads(answer.stdout.splitlines()[-1])
    return found


def _compare(runs: list[dict[str, dict[str, Any]]], rows: int) -> None:
    middle = {
        name: {key: median(run[name][key] for run in runs) for key in ("seconds", "cpu", "mb")} for name in CONTENDERS
    }
    bare = middle[BARE]
    print(f"{'':36}{'seconds':>9}{'x bare':>8}{'CPU s':>8}{'x bare':>8}{'peak MB':>9}")
    for name, found in middle.items():
        assert all(run[name]["rows"] == rows for run in runs), f"{name} lost rows"
        ratios = [found[key] / bare[key] for key in ("seconds", "cpu")]
        print(f"{name:36}{found['seconds']:9.2f}{ratios[0]:8.2f}{found['cpu']:8.2f}{ratios[1]:8.2f}{found['mb']:9.0f}")
    times, peak = middle[OURS]["seconds"] / bare["seconds"], middle[OURS]["mb"]
    print(f"at most {MOST_TIMES_BARE} x bare: {'met' if times <= MOST_TIMES_BARE else 'missed'} ({times:.2f} x)")
    print(f"under {MOST_MB} MB: {'met' if peak < MOST_MB else 'missed'} ({peak:.0f} MB)")


if __name__ == "__main__":
    main()
