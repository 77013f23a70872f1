"""A firm of some hundreds of accounts on one CRM of the sandbox, whose every figure is known without our engine.

Account 0 earns nearly all profit, so it is the only A. Every other account has one hour at 50.00 and one invoice,
paid on the day: its net profit is the invoice less 50.00, and its tier follows from its margin.
"""

from __future__ import annotations

import asyncio
import csv
import json
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from connectors.fields import load_fields
from connectors.sandbox.exchange import Exchange
from connectors.sandbox.faults import Fault
from connectors.sandbox.server import Sandbox
from sync.cli import run
from sync.settings import shipped_config

FIELDS = load_fields(shipped_config("fields.toml"))
TODAY = date(2026, 1, 5)
BATCH = {"salesforce": 200, "hubspot": 100}
WRITE = {
    "salesforce": ("PATCH", "/services/data/v66.0/composite/sobjects"),
    "hubspot": ("POST", "/crm/v3/objects/companies/batch/update"),
}
READ = {
    "salesforce": ("GET", "/services/data/v66.0/query"),
    "hubspot": ("POST", "/crm/v3/objects/companies/batch/read"),
}
DEADLINE_SECONDS = 60

_CLI = f"""
from datetime import date
from sync.cli import main
from sync.commands.context import Invocation
Invocation.today = lambda _self: date({TODAY.year}, {TODAY.month}, {TODAY.day})
main()
"""
_MONTH_ENDS = [date(2025, month, 28) for month in range(1, 13)]
_BIG_CENTS = 10_000_000


def revenue_cents(place: int) -> int:
    """Return what the n-th account is billed: 0.01 apart, so that no two of a tier are alike by chance."""
    if place == 0:
        return _BIG_CENTS * len(_MONTH_ENDS)
    return {"B": 6000 + place, "C": 5100 + place % 400, "D": 2000 + place}[tier_of(place)]


def tier_of(place: int) -> str:
    """Return the tier that policy.toml gives the n-th account: D below zero, C below 10 %, B behind the first 80 %."""
    return "A" if place == 0 else "BCD"[place % 3]


def expected(place: int) -> tuple[str, float, str]:
    """Return tier, net profit and month of the n-th account's record."""
    hours = len(_MONTH_ENDS) if place == 0 else 1
    return tier_of(place), (revenue_cents(place) - 5000 * hours) / 100, "2025-12-31"


@dataclass
class Crowd:
    """The firm, its CRM, and the command line on it: within this process or as one of its own."""

    crm: str
    size: int
    box: Sandbox
    folder: Path
    capture: pytest.CaptureFixture[str]

    @property
    def batch(self) -> int:
        """Most records of one write."""
        return BATCH[self.crm]

    @property
    def state(self) -> Path:
        """Where the lock and the store are."""
        return self.folder / "data" / "state"

    def run(self, *arguments: str) -> tuple[int, dict[str, Any], str]:
        """Run `whalecurve --json` here and return exit code, answer and stderr."""
        self.capture.readouterr()
        code = run(["-q", "--json", "--config", str(self.folder / "whalecurve.toml"), *arguments])
        out, err = self.capture.readouterr()
        return code, json.loads(out.splitlines()[0]) if out else {}, err

    @contextmanager
    def process(self, *arguments: str) -> Iterator[subprocess.Popen[str]]:
        """Start `whalecurve` as a process; it is dead when the block ends."""
        command = [sys.executable, "-c", _CLI, "-q", "--config", str(self.folder / "whalecurve.toml"), *arguments]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            try:
                yield process
            finally:
                process.kill()

    def name_of(self, key: str) -> str:
        """Return what the CRM calls one of our fields."""
        return next(spec.names[self.crm] for spec in FIELDS if spec.key == key)

    def first_sync(self) -> None:
        """Let a person approve the first run, with account 0 alone in the CRM; then create the others."""
        self._seed(range(1))
        code, plan, err = self.run("plan")
        assert code == 0, err
        code, _, err = self.run("sync", "--plan", plan["plan"], "--reason", "first run")
        assert code == 0, err
        self._seed(range(1, self.size))
        self.ids = self.box.account_ids(self.crm)
        self.writes_before = len(self.box.writes)

    def held(self) -> dict[str, tuple[object, float, object]]:
        """Return tier, net profit and month of every account as the CRM holds them."""
        names = [self.name_of(key) for key in ("tier", "net_12m", "figures_through")]
        rows = {each: self.box.record(self.crm, each).values for each in self.ids}
        return {
            each: (row.get(names[0]), float(row.get(names[1]) or 0), row.get(names[2])) for each, row in rows.items()
        }

    def planned(self) -> dict[str, tuple[object, float, object]]:
        """Return the same as the files ask for."""
        return {each: expected(place) for place, each in enumerate(self.ids)}

    def write_bodies(self) -> list[list[str]]:
        """Return the ids in each write request since the first sync, in the order in which they came in."""
        name = {"salesforce": "records", "hubspot": "inputs"}[self.crm]
        return [[row["id"] for row in json.loads(each.body)[name]] for each in self.box.writes[self.writes_before :]]

    def changes_by_us(self) -> Counter[tuple[str, str]]:
        """Return how often we changed each field of each account but 0, which the first sync wrote too."""
        return Counter(
            (each, line.field)
            for each in self.ids[1:]
            for line in self.box.history(self.crm, each)
            if line.changed_by != "Jo Park"
        )

    def _seed(self, places: range) -> None:
        rows = [{"name": f"Account {n}", "external_key": f"C-{n:05d}", "started_on": "2020-01-01"} for n in places]
        self.box.seed(self.crm, accounts=rows)  # type: ignore[arg-type]  # plain rows


def lay_out(folder: Path, crm: str, box: Sandbox, size: int) -> None:
    """Write exports, configuration and secrets."""
    exports = folder / "exports"
    exports.mkdir()
    lines = [(day, 0, _BIG_CENTS) for day in _MONTH_ENDS] + [
        (_MONTH_ENDS[9], n, revenue_cents(n)) for n in range(1, size)
    ]
    bills = [(f"I-{number}", f"C-{n:05d}", day, f"{cents / 100:.2f}") for number, (day, n, cents) in enumerate(lines)]
    _write(
        exports / "invoices.csv",
        "doc_no,client_id,kind,issue_date,due_date,amount",
        [(number, key, "invoice", day, day, amount) for number, key, day, amount in bills],
    )
    _write(
        exports / "settlements.csv",
        "doc_no,date,amount_doc_currency,kind",
        [(number, day, amount, "payment") for number, _key, day, amount in bills],
    )
    hours = [(day, "P1", f"C-{n:05d}", "delivery", 1) for day, n, _cents in lines]
    _write(
        exports / "time.csv",
        "date,person_id,client_id,category,hours",
        [*hours, (TODAY, "P1", "C-00000", "delivery", 1)],
    )
    _write(
        exports / "rates.csv",
        "person_id,employment,valid_from,valid_to,cost_per_hour",
        [("P1", "hourly", "2025-01-01", "2026-12-31", "50.00")],
    )
    options = box.options(crm)
    (folder / "whalecurve.toml").write_text(
        f'[crm]\nkind = "{crm}"\nurl = "{box.url}"\nprofile = "tier-and-money"\n'
        f'account_key = "{options.account_key}"\nstarted_on = "{options.started_on}"\n'
        '[books]\nhome_currency = "EUR"\nrequired_sources = ["document", "time_entry", "cost_rate", "settlement"]\n',
        encoding="utf-8",
    )
    login = box.salesforce_login
    secrets = {
        "salesforce": f"WHALECURVE_SALESFORCE_CLIENT_ID={login.client_id}\n"
        f"WHALECURVE_SALESFORCE_CLIENT_SECRET={login.client_secret}\n",
        "hubspot": f"WHALECURVE_HUBSPOT_ACCESS_TOKEN={box.hubspot_token}\n",
    }
    (folder / ".env").touch(mode=0o600)
    (folder / ".env").write_text(secrets[crm], encoding="utf-8")


def _write(path: Path, heading: str, rows: list[tuple[object, ...]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(heading + "\n")
        csv.writer(file, lineterminator="\n").writerows(rows)


class Gate:
    """Holds one request of a client that is to be killed, or until it is opened."""

    def __init__(self) -> None:
        self._arrived, self._opened = threading.Event(), threading.Event()

    def wait(self, process: subprocess.Popen[str]) -> None:
        """Wait until the request is there; a process that never sends it fails the test with its last words."""
        if not self._arrived.wait(DEADLINE_SECONDS):
            process.kill()
            pytest.fail(f"the request never came: {process.communicate()[1]}")

    def open(self) -> None:
        """Let the request through."""
        self._opened.set()

    def before_work(self) -> Fault:
        """Hold a request before the CRM does anything, until it is opened; if the sandbox stops first, it is lost."""

        async def play(exchange: Exchange) -> None:
            self._arrived.set()
            while not (self._opened.is_set() or exchange.is_stopping):
                await asyncio.sleep(0.05)
            if self._opened.is_set():
                await _answer(exchange)

        return play

    def after_work(self) -> Fault:
        """Do the work, and never answer."""

        async def play(exchange: Exchange) -> None:
            await exchange.real_answer()
            self._arrived.set()
            await exchange.hang_up(after_seconds=None)

        return play

    def at_read_after(self, crowd: Crowd, *, skip: int) -> Fault:
        """Do the work and answer, and hold a read that comes next, after `skip` others."""
        method, path = READ[crowd.crm]

        async def play(exchange: Exchange) -> None:
            crowd.box.faults.add(self.before_work(), method=method, path=path, skip=skip)
            await _answer(exchange)

        return play


async def _answer(exchange: Exchange) -> None:
    real = await exchange.real_answer()
    await exchange.begin(real)
    await exchange.send_body(real.body)
