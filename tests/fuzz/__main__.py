"""Fuzz one way of reading files, guided by the code that each input reaches: `python -m tests.fuzz workbook`.

What libFuzzer finds interesting is kept in `build/fuzz/NAME`, and where it starts from next time; an input that breaks
a law is written to `build/fuzz/NAME-crash-*`, and its law told. `python -m tests.fuzz NAME FILE` tries one file again.
"""

import argparse
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["connectors"]):
    from tests.fuzz.targets import TARGETS

KEPT = Path(__file__).parents[2] / "build" / "fuzz"
MOST_MEGABYTES = 1024
MOST_SECONDS_FOR_ONE = 30
LONGEST_BYTES = 8192


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__.partition("\n")[0])
    parser.add_argument("target", choices=sorted(TARGETS))
    parser.add_argument("file", nargs="?", type=Path, help="try this input alone")
    parser.add_argument("--seconds", type=int, default=60, help="time to fuzz")
    options = parser.parse_args()
    target = TARGETS[options.target]
    if options.file is not None:
        target.check(options.file.read_bytes())
        return
    corpus = KEPT / options.target
    corpus.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(target.seeds()):
        target.check(seed)  # before the clock runs: the first one loads what all need
        (corpus / f"seed-{number:03}").write_bytes(seed)
    limits = {
        "max_total_time": options.seconds,
        "rss_limit_mb": MOST_MEGABYTES,
        "timeout": MOST_SECONDS_FOR_ONE,
        "max_len": LONGEST_BYTES,
        "artifact_prefix": f"{corpus}-",
        "print_final_stats": 1,
        "verbosity": 0,
    }
    atheris.Setup(["fuzz", *(f"-{name}={value}" for name, value in limits.items()), str(corpus)], target.check)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
