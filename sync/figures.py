"""The figures that guards compare from night to night."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any, Literal

from sync.guards import CLOSES_COMPARED, NightFigures, SourceAge
from sync.store.closes import firm_totals
from sync.store.runs import has_written, last_sync

if TYPE_CHECKING:
    from connectors.facts.build import BuiltFacts
    from profitability.verdicts import Verdicts
    from sync.plan import Plan
    from sync.store.database import Store

_TIME_KINDS = frozenset({"time_entry", "timesheet"})
_COST_LINES = ("pass_through_cents", "contractors_cents", "direct_expenses_cents")
_MATCHED, _ACCOUNTS, _DEALS = "matched_value_cents", "pulled_accounts", "pulled_deals"
_MERGED = "merged_accounts"


def firm_figures(verdicts: Verdicts, *, accounts: int, deals: int, merged: int = 0) -> dict[str, Any]:
    """Return what this night's totals are: matched value, revenue, cost (home cents), and what was pulled.

    Args:
        verdicts: of this night.
        accounts: how many were pulled.
        deals: how many were pulled.
        merged: how many accounts are known to have been merged away, ever.
    """
    matched = verdicts.accounts[verdicts.accounts["is_matched"]]
    revenue, cost = matched["net_revenue_cents"].sum(), matched[list(_COST_LINES)].sum().sum()
    everything = verdicts.accounts
    return {
        _MATCHED: int(revenue + cost),
        _ACCOUNTS: accounts,
        _DEALS: deals,
        _MERGED: merged,
        "totals_cents": {
            "revenue": int(everything["net_revenue_cents"].sum()),
            "cost": int(everything[list(_COST_LINES)].sum().sum()),
        },
    }


def counters_of(figures: Mapping[str, Any]) -> dict[str, int]:
    """Return the figures that the next night is compared with, as a run keeps them."""
    return {name: int(figures[name]) for name in (_MATCHED, _ACCOUNTS, _DEALS, _MERGED)}


def night_figures(
    figures: Mapping[str, Any], built: BuiltFacts, store: Store, *, org_id: str, plan: Plan, today: date
) -> NightFigures:
    """Put this night beside the last run and the last closes."""
    with store.read() as connection:
        last = last_sync(connection, org_id)
        is_first_run = not has_written(connection, org_id)
        closes = firm_totals(connection, org_id, before=plan.as_of, limit=CLOSES_COMPARED)
    before = last.counters if last else {}
    totals: Mapping[str, int] = figures["totals_cents"]
    return NightFigures(
        is_first_run=is_first_run,
        matched_value_cents=figures[_MATCHED],
        matched_value_before_cents=before.get(_MATCHED),
        totals_cents=totals,
        totals_history_cents={name: [close[name] for close in closes if name in close] for name in totals},
        sources=[
            SourceAge(name, _source_kind(name), (today - dates.newest).days)
            for name, dates in built.coverage_dates.items()
            if name != "cost_rate"
        ],
        pulled={"accounts": figures[_ACCOUNTS], "deals": figures[_DEALS]},
        pulled_before=_pulled_before(before, figures[_MERGED]),
    )


def _pulled_before(before: Mapping[str, int], merged: int) -> dict[str, int]:
    """Return what the last run pulled, without the accounts that were merged away since: nobody misses them."""
    found = {name: before[key] for name, key in (("accounts", _ACCOUNTS), ("deals", _DEALS)) if key in before}
    if "accounts" in found:
        found["accounts"] -= max(0, merged - before.get(_MERGED, merged))
    return found


def _source_kind(name: str) -> Literal["time", "accounting"]:
    return "time" if name in _TIME_KINDS else "accounting"
