"""Facts and policy in, verdicts out: the core on one screen."""

from __future__ import annotations

from contextlib import AbstractContextManager, closing, nullcontext
from datetime import date

import pandas as pd

from profitability.accounts import accounts_frame, statement_of
from profitability.checks import check_facts
from profitability.coverage import firm_coverage, score_of_firm
from profitability.decide import decide
from profitability.explain import explain_gaps
from profitability.facts import Facts
from profitability.groups import group_ids
from profitability.measures import cost_lines
from profitability.models import build_models, load_facts
from profitability.people_impact import people_impact
from profitability.periods import closed_window
from profitability.policy import Policy
from profitability.portfolio import portfolio_figures
from profitability.posted import read_circumstances, read_person_hours, read_posted
from profitability.rating import by_group, rate
from profitability.reconcile import reconcile
from profitability.tables import Engine
from profitability.verdicts import Verdicts


def evaluate(
    facts: Facts,
    policy: Policy,
    today: date,
    *,
    history: pd.DataFrame | None = None,
    engine: Engine | None = None,
    source_age_days: int = 0,
) -> Verdicts:
    """Compute the statement, the proof against the books, and tier and next step of every account with facts.

    Args:
        facts: what happened.
        policy: what finance decided.
        today: the day of the run; it decides which months are closed.
        history: earlier closes in `profitability.closes.HISTORY_COLUMNS`; None: this is the first.
        engine: where the models run, left open for the caller; None: DuckDB in this process.
        source_age_days: age of the oldest source at the last close, for the coverage score.

    Raises:
        DataError: the facts break a rule, or accounts and books differ; nothing may be published.
    """
    window = closed_window(today, facts.covered_through, policy.period)
    with _opened(engine) as place:
        load_facts(place, facts, window, policy)
        check_facts(place)
        build_models(place)
        stated = read_circumstances(place)
        groups = group_ids(stated.accounts if policy.rate_groups else stated.accounts.assign(parent_id=None))
        posted = read_posted(place, groups)
        proof = reconcile(
            posted.totals,
            posted.firm,
            posted.books,
            control=posted.control,
            idle_seconds=posted.idle_seconds,
            currency=facts.home_currency,
        )
        cover = firm_coverage(posted.coverage, source_age_days)
        given = by_group(stated, groups)
        rated = rate(posted, groups, given, policy, window, cover=cover, history=history, today=today)
        decided = decide(
            rated, posted, given, policy, window, profit_cents=proof.profit_cents, history=history, today=today
        )
        explanation = explain_gaps(rated, cost_lines(posted.pools))
        accounts = accounts_frame(
            rated,
            decided,
            explanation,
            posted,
            groups=groups,
            policy=policy,
            through=window.last_day,
            currency=facts.home_currency,
        )
        leaving = groups.index[groups.isin(decided.phase_out["account_id"])]
        return Verdicts(
            window,
            facts.home_currency,
            accounts=accounts,
            statement=statement_of(accounts, posted.pools),
            lines=posted.lines,
            firm=posted.firm,
            reconciliation=proof.lines,
            books_status=proof.status,
            books=posted.books,
            explanation=explanation,
            problems=posted.problems,
            coverage=score_of_firm(posted.totals, cover),
            firm_figures=decided.firm,
            portfolio=portfolio_figures(rated, decided.firm, practical_seconds=posted.practical_seconds),
            prices=decided.prices,
            remedies=decided.remedies,
            levers=decided.levers,
            exits=decided.exits,
            reviews=decided.reviews,
            phase_out=decided.phase_out,
            concentration=decided.concentration,
            people=people_impact(read_person_hours(place, leaving), leaving, policy.exits),
            reinvestment=decided.reinvestment,
            loss_rates=posted.loss_rates,
        )


def _opened(engine: Engine | None) -> AbstractContextManager[Engine]:
    """Use the caller's engine and leave it open, or open our own and close it."""
    if engine is not None:
        return nullcontext(engine)
    from profitability.engines.duckdb import DuckDBEngine

    return closing(DuckDBEngine())
