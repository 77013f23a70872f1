"""`make bench-engine`: the engine beside plain pandas, hand-tuned Polars and a bare scan, on one generated firm.

Each contender runs in a process of its own, in turns; seconds and peak memory are its own, from the Parquet files to
the statement in memory, imports left out. The ratios of one run are what counts; a machine's seconds are not.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import duckdb

from benchmarks.generated_firm import TODAY, Size, facts_in, write_firm

MEDIUM = Size(accounts=100_000, time_entries=10_000_000, invoices=2_000_000)
GROWTH = (
    Size(accounts=10_000, time_entries=1_000_000, invoices=200_000),
    MEDIUM,
    Size(accounts=1_000_000, time_entries=100_000_000, invoices=20_000_000),
)
MEMORY_LIMIT = "2GiB"
LINES = (
    *("gross_billings", "credit_notes", "pass_through", "delivery_labour", "contractors", "direct_expenses"),
    *("service_labour", "late_financing", "late_collection_labour", "ecl_movement", "write_offs", "alloc"),
)
"""Posted lines of the statement that all contenders must agree on; `alloc` is all shared cost."""

Totals = dict[str, int]


def scan(folder: Path) -> Totals:
    """Read every column of every file once."""
    with duckdb.connect() as connection:
        for path in folder.glob("*.parquet"):
            connection.execute(f"SELECT max(COLUMNS(*)) FROM '{path}'").fetchall()  # noqa: S608 (our own path)
    return {}


def ours_statement(folder: Path) -> Totals:
    """Run the models up to the account totals, without the checks of the facts."""
    from contextlib import closing

    from profitability.engines.duckdb import DuckDBEngine
    from profitability.models import MODELS, build_models, load_facts
    from profitability.periods import closed_window
    from profitability.policy import Policy

    facts, policy = facts_in(folder), Policy()
    window = closed_window(TODAY, facts.covered_through, policy.period)
    needed = tuple(name for name in MODELS[: MODELS.index("statement") + 1] if name not in _NOT_IN_THE_STATEMENT)
    with closing(DuckDBEngine()) as engine:
        load_facts(engine, facts, window, policy)
        build_models(engine, needed)
        return _summed(engine.fetch("SELECT * FROM statement"))


_NOT_IN_THE_STATEMENT = ("person_hours", "firm_lines", "books", "missing_rates", "person_coverage")


def ours_whole(folder: Path) -> Totals:
    """Evaluate: facts to verdicts, with checks, proof, tiers, reviews and texts."""
    from profitability import Policy, evaluate

    totals = evaluate(facts_in(folder), Policy(), TODAY).statement.drop(columns="account_id").sum().to_dict()
    return _joined({line.removesuffix("_cents"): cents for line, cents in totals.items()})


def ours_limited(folder: Path) -> Totals:
    """Run all models under a memory limit of the engine, spilling to disk."""
    from contextlib import closing

    from profitability.engines.duckdb import DuckDBEngine
    from profitability.models import build_models, load_facts
    from profitability.periods import closed_window
    from profitability.policy import Policy

    facts, policy = facts_in(folder), Policy()
    window = closed_window(TODAY, facts.covered_through, policy.period)
    with (
        tempfile.TemporaryDirectory() as spill_folder,
        closing(DuckDBEngine(memory_limit=MEMORY_LIMIT, spill_folder=spill_folder)) as engine,
    ):
        load_facts(engine, facts, window, policy)
        build_models(engine)
        return _summed(engine.fetch("SELECT * FROM account_totals"))


def pandas(folder: Path) -> Totals:
    """Compute the statement as an analyst would."""
    from benchmarks import in_pandas

    return _joined(in_pandas.statement(in_pandas.account_lines(folder)).sum().round().astype("int64").to_dict())


def polars(folder: Path) -> Totals:
    """Compute the statement as a specialist would."""
    import polars as pl

    from benchmarks import in_polars

    found = in_polars.statement(in_polars.account_lines(folder)).select(pl.exclude("account_id").sum())
    return _joined(found.to_dicts()[0])


CONTENDERS: dict[str, Callable[[Path], Totals]] = {
    "bare scan": scan,
    "ours, statement": ours_statement,
    "Polars": polars,
    "pandas": pandas,
    "ours, facts to verdicts": ours_whole,
    "ours, 2 GiB": ours_limited,
}


def _summed(frame: Any) -> Totals:  # noqa: ANN401 (a pandas frame; pandas is imported by contenders alone)
    return {line: int(frame[f"{line}_cents"].sum()) for line in LINES}


def _joined(totals: dict[str, Any]) -> Totals:
    shared = sum(int(cents) for line, cents in totals.items() if line.startswith("alloc_"))
    return {line: int(totals.get(line, 0)) for line in LINES[:-1]} | {"alloc": shared}


def main() -> None:
    """Measure and print; with --contender, be one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--contender", choices=list(CONTENDERS))
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--large", action="store_true", help="grow to 100 million time rows (about 30 minutes)")
    chosen = parser.parse_args()
    if chosen.contender:
        print(json.dumps(_measured(CONTENDERS[chosen.contender], chosen.folder)))
        return
    with tempfile.TemporaryDirectory() as folder:
        _compare(Path(folder), chosen.repeats)
        _grow(Path(folder), GROWTH if chosen.large else GROWTH[:2])


def _measured(contender: Callable[[Path], Totals], folder: Path) -> dict[str, Any]:
    started = time.perf_counter()
    totals = contender(folder)
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF)
    return {"seconds": seconds, "cpu": peak.ru_utime + peak.ru_stime, "mb": peak.ru_maxrss / 1024, "totals": totals}


def _run(contender: str, folder: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.engine", "--contender", contender, "--folder", str(folder)]
    answer = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    found: dict[str, Any] = json.loads(answer.stdout.splitlines()[-1])
    return found


def _compare(folder: Path, repeats: int) -> None:
    firm = folder / "medium"
    write_firm(firm, MEDIUM)
    print(f"{MEDIUM.accounts:,} accounts, {MEDIUM.time_entries:,} time rows, {MEDIUM.invoices:,} invoices")
    names = list(CONTENDERS)[:-1]
    runs = [{name: _run(name, firm) for name in names} for _ in range(repeats)]
    base = median(run["ours, statement"]["seconds"] for run in runs)
    truth = runs[0]["ours, statement"]["totals"]
    print(f"{'':26}{'seconds':>9}{'x ours':>8}{'CPU s':>8}{'peak MB':>9}  cents off in all lines together")
    for name in names:
        seconds, cpu, memory = (median(run[name][key] for run in runs) for key in ("seconds", "cpu", "mb"))
        off = _difference(runs[0][name]["totals"], truth)
        print(f"{name:26}{seconds:9.1f}{seconds / base:8.2f}{cpu:8.1f}{memory:9.0f}  {off}")


def _difference(found: Totals, truth: Totals) -> str:
    return f"{sum(abs(cents - truth[line]) for line, cents in found.items()):,}" if found else "-"


def _grow(folder: Path, sizes: tuple[Size, ...]) -> None:
    print(f"\ngrowth, all models under an engine memory limit of {MEMORY_LIMIT}")
    print(f"{'time rows':>14}{'accounts':>12}{'seconds':>9}{'a million rows':>16}{'CPU s':>8}{'peak MB':>9}")
    for size in sizes:
        firm = folder / str(size.time_entries)
        write_firm(firm, size)
        run = _run("ours, 2 GiB", firm)
        each = run["seconds"] / (size.time_entries / 10**6)
        rows = f"{size.time_entries:14,}{size.accounts:12,}"
        print(f"{rows}{run['seconds']:9.1f}{each:16.2f}{run['cpu']:8.1f}{run['mb']:9.0f}", flush=True)


if __name__ == "__main__":
    main()
