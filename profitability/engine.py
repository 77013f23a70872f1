"""Facts and policy in, verdicts out: the core on one screen."""

from __future__ import annotations

from contextlib import AbstractContextManager, closing, nullcontext
from datetime import date

import pandas as pd

from profitability.checks import check_facts
from profitability.closes import publish
from profitability.coverage import add_coverage, firm_coverage, score_of_firm
from profitability.explain import add_reasons, explain_gaps
from profitability.facts import Facts
from profitability.measures import account_totals, add_measures, add_status, cost_lines, idle_seconds, statement_columns
from profitability.models import build_models, load_facts
from profitability.periods import Window, closed_window
from profitability.policy import Policy
from profitability.reconcile import reconcile
from profitability.tables import Engine
from profitability.tiers import assign_tiers, unrated_reasons
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
    """Compute the statement, the proof against the books and the tier of every account with facts.

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
        totals, pools = account_totals(place)
        firm = place.fetch("SELECT * FROM firm_lines ORDER BY month ASC, line ASC")
        books = place.fetch("SELECT * FROM books ORDER BY line ASC")
        control = place.fetch("SELECT * FROM control_totals")
        proof = reconcile(
            totals, firm, books, control=control, idle_seconds=idle_seconds(place), currency=facts.home_currency
        )
        cover = firm_coverage(place.fetch("SELECT * FROM firm_coverage"), source_age_days)
        rated = _rate(add_coverage(totals, cover), policy, window, history)
        explanation = explain_gaps(rated, cost_lines(pools))
        accounts = add_reasons(rated, explanation, policy, through=window.last_day, currency=facts.home_currency)
        return Verdicts(
            window,
            facts.home_currency,
            accounts=accounts,
            statement=accounts[statement_columns(pools)],
            lines=place.fetch("SELECT * FROM account_lines ORDER BY account_id ASC, month ASC, line ASC"),
            firm=firm,
            reconciliation=proof.lines,
            books_status=proof.status,
            books=books,
            explanation=explanation,
            problems=place.fetch("SELECT * FROM problems ORDER BY problem ASC, subject ASC"),
            coverage=score_of_firm(totals, cover),
        )


def _opened(engine: Engine | None) -> AbstractContextManager[Engine]:
    """Use the caller's engine and leave it open, or open our own and close it."""
    if engine is not None:
        return nullcontext(engine)
    from profitability.engines.duckdb import DuckDBEngine

    return closing(DuckDBEngine())


def _rate(accounts: pd.DataFrame, policy: Policy, window: Window, history: pd.DataFrame | None) -> pd.DataFrame:
    limits = policy.tiers
    judged = accounts.assign(unrated_reason=unrated_reasons(accounts, window, limits))
    rated = assign_tiers(judged, policy)
    published = publish(rated, history, close_date=window.last_day, confirm_closes=limits.confirm_closes)
    return add_status(add_measures(published, policy), limits)
