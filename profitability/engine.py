"""Facts and policy in, verdicts out: the core on one screen."""

from __future__ import annotations

from datetime import date

import pandas as pd

from profitability.checks import check_facts
from profitability.closes import publish
from profitability.coverage import add_coverage, firm_coverage, score_of_firm
from profitability.explain import add_reasons, explain_gaps
from profitability.facts import Facts
from profitability.measures import add_measures, add_pools, add_status, statement_of
from profitability.models import build_models, load_facts
from profitability.periods import closed_window
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
    if engine is None:
        from profitability.engines.duckdb import DuckDBEngine

        own = DuckDBEngine()
        try:
            return evaluate(facts, policy, today, history=history, engine=own, source_age_days=source_age_days)
        finally:
            own.close()
    window = closed_window(today, facts.covered_through, policy.period)
    load_facts(engine, facts, window, policy)
    check_facts(engine)
    build_models(engine)

    totals, pools = add_pools(engine.fetch("SELECT * FROM account_totals"), engine)
    statement, cost_lines = statement_of(totals, pools)
    firm = engine.fetch("SELECT * FROM firm_lines ORDER BY month ASC, line ASC")
    books = engine.fetch("SELECT * FROM books ORDER BY line ASC")
    proof = reconcile(
        statement,
        firm,
        books,
        control=engine.fetch("SELECT * FROM control_totals ORDER BY line ASC"),
        idle_seconds=int(engine.fetch("SELECT coalesce(sum(idle_seconds), 0) AS s FROM unused_capacity")["s"].iloc[0]),
    )

    cover = firm_coverage(engine.fetch("SELECT * FROM firm_coverage"), source_age_days)
    accounts = add_coverage(totals, cover)
    accounts["unrated_reason"] = unrated_reasons(accounts, window, policy.tiers)
    rated = assign_tiers(accounts, policy)
    published = publish(rated, history, close_date=window.last_day, confirm_closes=policy.tiers.confirm_closes)
    explanation = explain_gaps(published, cost_lines)
    told = add_reasons(
        add_status(add_measures(published, policy), policy.tiers), explanation, policy, through=window.last_day
    )
    return Verdicts(
        window=window,
        home_currency=facts.home_currency,
        accounts=told,
        statement=told[list(statement.columns)],
        lines=engine.fetch("SELECT * FROM account_lines ORDER BY account_id ASC, month ASC, line ASC"),
        firm=firm,
        reconciliation=proof.lines,
        books_status=proof.status,
        books=books,
        explanation=explanation,
        problems=engine.fetch("SELECT * FROM problems ORDER BY problem ASC, subject ASC"),
        coverage=score_of_firm(totals, cover),
    )
