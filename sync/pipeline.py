"""The main job: pull, read, evaluate, plan, guard, apply. `plan` stops before the last step.

Nightly and by hand it is the same pipeline; only the approval differs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from connectors.base import AccountRecord, CrmConnector, CrmIdentity, DealRecord
from connectors.exports.loading import load_mappings
from connectors.exports.reader import check_folder
from connectors.exports.reading import FileReading
from connectors.facts.build import BuiltFacts, build_facts
from connectors.facts.coverage import source_dates
from connectors.ledger.ledger import Ledger
from connectors.maps import load_categories, load_gl_accounts
from connectors.merges import Merges
from profitability.engine import evaluate
from profitability.periods import closed_window
from profitability.verdicts import Verdicts
from sync.apply import Outcome, apply_plan
from sync.closing import account_closes_of, close_history, restated_profit
from sync.crm import fields_in_use
from sync.disk import telling_disk_errors
from sync.engines import open_engine
from sync.evidence import Evidence
from sync.figures import firm_figures, night_figures
from sync.guards import Tripped, tripped_guards
from sync.merging import MergedAccount, take_merges
from sync.plan import Plan, make_plan
from sync.settle import Target, settle_in_flight
from sync.store import bases, closes, matches, plans
from sync.wanted import wanted_fields

if TYPE_CHECKING:
    from sync.settings import Settings
    from sync.store.database import Store


@dataclass(frozen=True, slots=True)
class Night:
    """What one run works with.

    Attributes:
        today: the day of the run, given once by the command line.
        clock: the present moment, for the journal.
        tell: prints one progress line: stage, then facts.
    """

    settings: Settings
    crm: CrmConnector
    store: Store
    identity: CrmIdentity
    run_id: str
    today: date
    clock: Callable[[], datetime]
    tell: Callable[..., None]

    @property
    def target(self) -> Target:
        """Return where changes go."""
        fields = {spec.key: spec for spec in fields_in_use(self.settings)}
        return Target(self.crm, self.store, fields, self.identity.org_id, self.run_id, self.clock)


@dataclass(frozen=True, slots=True)
class Planned:
    """Everything that is known before the first write.

    Attributes:
        warnings: what was odd in the exports and yet taken.
        merged: accounts that people merged away since the last run.
        restated: master of such an account -> its net profit at the close of this plan, and now; cents.
    """

    accounts: Mapping[str, AccountRecord]
    readings: tuple[FileReading, ...]
    warnings: tuple[str, ...]
    built: BuiltFacts
    verdicts: Verdicts
    plan: Plan
    tripped: tuple[Tripped, ...]
    figures: Mapping[str, Any]
    merged: tuple[MergedAccount, ...] = ()
    restated: Mapping[str, tuple[int, int]] = field(default_factory=dict)


def make_night_plan(night: Night) -> Planned:
    """Pull, read, evaluate and plan; the plan and its evidence are saved, the CRM is not written to."""
    settle_in_flight(night.target)
    accounts = list(night.crm.pull_accounts())
    known, merged = take_merges(night.target, accounts, night.settings.data.ledger)
    deals = list(night.crm.pull_deals())
    night.tell("pull", accounts=len(accounts), deals=len(deals), merged=len(merged))

    readings = read_exports(night.settings)
    with telling_disk_errors(night.settings.data.folder):
        ledger = Ledger(night.settings.data.ledger, night.settings.books.companies, night.clock)
        notes = ledger.take(readings)
        built = _facts(night, ledger, accounts, deals, known.all)
    night.tell("read", files=len(readings), unmatched=len(built.unmatched))

    verdicts = _verdicts(night, built, known.carried)
    night.tell("evaluate", accounts=len(verdicts.accounts), as_of=verdicts.window.last_day, books=verdicts.books_status)

    fields = fields_in_use(night.settings)
    with night.store.read() as connection:
        base = bases.load_bases(connection, night.identity.org_id)
    wanted = wanted_fields(verdicts, fields)
    plan = make_plan(wanted, accounts, base, fields=fields, run_id=night.run_id, as_of=verdicts.window.last_day)
    figures = firm_figures(verdicts, accounts=len(accounts), deals=len(deals), merged=len(known.all.steps))
    compared = night_figures(figures, built, night.store, org_id=night.identity.org_id, plan=plan, today=night.today)
    tripped = tripped_guards(plan, compared, night.settings.guards)
    night.tell("plan", changed=len(plan.changes), guards=",".join(guard.name for guard in tripped) or "none")

    Evidence.of_run(night.settings.data.folder, night.run_id).save(verdicts, figures)
    with night.store.write() as connection:
        plans.save_plan(connection, plan, night.identity.org_id, now=night.clock())
        masters = {each.master_id for each in merged}
        restated = restated_profit(connection, night.identity.org_id, verdicts, masters, carried=known.carried)
    by_id = {account.account_id: account for account in accounts}
    warnings = (*_odd(readings), *(f"{note.what} ({note.remedy.rstrip('.')})" for note in notes), *built.warnings)
    return Planned(by_id, readings, warnings, built, verdicts, plan, tripped, figures, merged, restated)


def _odd(readings: Sequence[FileReading]) -> list[str]:
    return [f"{reading.path.name}:{note.line}: {note.what}" for reading in readings for note in reading.warnings]


def apply_night_plan(night: Night, plan: Plan) -> Outcome:
    """Write a plan that is approved or needs no approval; if nothing stops it, keep its close for ever.

    Raises:
        EvidenceError: what the plan rests on is gone; nothing is written.
    """
    org_id = night.identity.org_id
    evidence = Evidence.of_run(night.settings.data.folder, plan.run_id)
    totals, accounts = evidence.figures()["totals_cents"], account_closes_of(evidence)
    with night.store.write() as connection:
        plans.begin_plan(connection, plan.plan_id)
    outcome = apply_plan(plan, night.target)
    with night.store.write() as connection:
        if outcome.stopped is None:
            closes.save_close(
                connection, org_id, plan.as_of, run_id=plan.run_id, totals_cents=totals, accounts=accounts
            )
        plans.finish_plan(connection, plan.plan_id)
    night.tell("write", **outcome.counters())
    return outcome


def read_exports(settings: Settings) -> tuple[FileReading, ...]:
    """Read every file of the exports folder, each whole or not at all."""
    books = settings.books
    mappings = load_mappings(*settings.files.mappings)
    return tuple(
        check_folder(
            books.exports,
            mappings,
            home_currency=books.home_currency,
            accept_unverified=books.accept_unverified,
            scratch=settings.engine.spill_folder,
        )
    )


def _facts(
    night: Night, ledger: Ledger, accounts: Sequence[AccountRecord], deals: Sequence[DealRecord], merges: Merges
) -> BuiltFacts:
    settings = night.settings
    dates = source_dates(ledger, settings.books.required_sources, today=night.today)
    covered = min((source.covered_through for source in dates.values()), default=None)
    window = closed_window(night.today, covered, settings.policy.period)
    with night.store.read() as connection:
        decisions = matches.load_decisions(connection, night.identity.org_id)
    return build_facts(
        ledger,
        accounts,
        deals,
        categories=load_categories(settings.files.categories),
        gl_accounts=load_gl_accounts(settings.files.gl_accounts),
        home_currency=settings.books.home_currency,
        dates=dates,
        window=(window.first_day, window.last_day),
        time_equations=settings.policy.time_equations,
        decisions=matches.match_decisions(decisions),
        merges=merges,
        ecb_rates=settings.files.ecb_rates,
    )


def _verdicts(night: Night, built: BuiltFacts, carried: Merges) -> Verdicts:
    settings, policy = night.settings.engine, night.settings.policy
    with night.store.read() as connection:
        history = close_history(connection, night.identity.org_id, carried)
    with closing(open_engine(settings)) as engine:
        window = closed_window(night.today, built.facts.covered_through, policy.period)
        ages = [(window.last_day - dates.newest).days for dates in built.coverage_dates.values()]
        return evaluate(
            built.facts, policy, night.today, history=history, engine=engine, source_age_days=max([0, *ages])
        )
