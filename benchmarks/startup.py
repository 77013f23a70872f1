"""How long `whalecurve --help` takes, as a multiple of a bare interpreter's start (aim: at most 12)."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from pathlib import Path

ROUNDS = 15
AIM = 12.0


def median_seconds(command: list[str]) -> float:
    """Return the median wall time of a command, its files warm in the page cache."""
    subprocess.run(command, check=True, capture_output=True)
    times = []
    for _ in range(ROUNDS):
        begin = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        times.append(time.perf_counter() - begin)
    return statistics.median(times)


def main() -> None:
    """Print both medians and their ratio."""
    program = Path(sys.executable).with_name("whalecurve")
    if not program.exists():
        sys.exit(
            f"{program} is not there: run `make bench`, which uses the environment that whalecurve is installed in"
        )
    bare = median_seconds([sys.executable, "-c", "pass"])
    started = median_seconds([str(program), "--help"])
    print(f"bare interpreter {bare * 1000:6.1f} ms")
    print(f"whalecurve --help {started * 1000:5.1f} ms   ratio {started / bare:.1f} (aim: at most {AIM:.0f})")


if __name__ == "__main__":
    main()
