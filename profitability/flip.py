"""Would the tiers stand if the missing hours were known? The flip test.

Three cases: (a) missing hours are nothing, as in the statement; (b) they were spent like the hours that were logged,
person by person; (c) they were all spent on this one account. An account whose tier differs between (a) and (b) is
provisional; (c) is shown, and decides nothing.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pandas as pd

from profitability.facts import Column, Schema
from profitability.measures import account_totals
from profitability.models import AFTER_TIME, build_models
from profitability.policy import Policy
from profitability.ratios import exact, half_up_quotient
from profitability.tables import Engine
from profitability.tiers import assign_tiers, tiers_at

_RATED_AS = Schema(
    "rated_as",
    "one account that is rated with others",
    (
        Column("account_id", "VARCHAR", "which"),
        Column("group_id", "VARCHAR", "the account at the top of its group"),
    ),
)


def missing_hours(engine: Engine, groups: pd.Series[str] | None = None) -> pd.DataFrame:
    """Measure the time that is missing from each account's people, before `full_time_totals` fills it in.

    Args:
        engine: after `build_models`.
        groups: top account by account id, where accounts are rated as groups; None: each on its own.

    Returns:
        One row per rated account with time in the window: account_id, missing_seconds (of all people who work for it,
        whatever they work on; a person with several accounts counts at each), headroom_seconds (what it would have
        more with its busiest month in every month of the window); int64.
    """
    pairs = {} if groups is None else {str(account): str(group) for account, group in groups.items()}
    frame = pd.DataFrame({"account_id": list(pairs), "group_id": list(pairs.values())}, dtype="str")
    engine.scan(_RATED_AS.table, frame, _RATED_AS)
    build_models(engine, ("missing_hours",))
    return engine.fetch("SELECT * FROM missing_hours ORDER BY account_id ASC")


def full_time_totals(engine: Engine) -> pd.DataFrame | None:
    """Compute the account totals as if all timesheets had been handed in, with each person's mix of work as it is.

    A person's time x expected / submitted weeks; then labour, pools and the statement anew. Time beyond practical
    hours makes hours cheaper, here as everywhere. This replaces tables of the engine (`time_months` and
    `profitability.models.AFTER_TIME`), so that it comes last, and once.

    Args:
        engine: after `build_models`.

    Returns:
        As `profitability.measures.account_totals`; None where no hour is known to be missing.
    """
    people = engine.fetch(
        "SELECT count(*) AS missing FROM timesheets AS s INNER JOIN time_months AS t ON s.person_id = t.person_id "
        "WHERE s.submitted_weeks > 0 AND s.submitted_weeks < s.expected_weeks AND t.worked_seconds > 0"
    )
    if int(people["missing"].iloc[0]) == 0:
        return None
    build_models(engine, ("full_time_months",))
    engine.model("time_months", "SELECT * FROM full_time_months")
    build_models(engine, AFTER_TIME)
    return account_totals(engine)[0]


def add_flip(rated: pd.DataFrame, full: pd.DataFrame | None, missing: pd.DataFrame, policy: Policy) -> pd.DataFrame:
    """Add the tiers that the accounts would have with the missing hours.

    Args:
        rated: from `profitability.tiers.assign_tiers`.
        full: from `full_time_totals`, one row for each row of `rated`; None: no hour is missing.
        missing: from `missing_hours`.
        policy: the limits.

    Returns:
        The accounts, with flip_tier (str, case b; N where the account is not rated) and worst_tier (str, case c).
    """
    flipped = rated["indicative_tier"]
    if full is not None:
        reasons = rated.set_index("account_id")["unrated_reason"]
        filled = assign_tiers(full.assign(unrated_reason=full["account_id"].map(reasons)), policy)
        flipped = rated["account_id"].map(filled.set_index("account_id")["indicative_tier"])
    worst = tiers_at(_worst_case(rated, missing, policy), policy.tiers, Fraction(0))
    return rated.assign(flip_tier=flipped.astype("str"), worst_tier=worst)


def _worst_case(rated: pd.DataFrame, missing: pd.DataFrame, policy: Policy) -> pd.DataFrame:
    """Charge each account with all that its people may have left out, as if all other accounts stood as they are.

    The time counts up to the account's headroom, at its own average cost of logged time.
    """
    known = missing.set_index("account_id").reindex(rated["account_id"], fill_value=0)
    left_out = known["missing_seconds"].clip(upper=known["headroom_seconds"])
    logged = rated["delivery_labour_cents"] + rated["service_labour_cents"] - rated["estimated_service_cents"]
    labour = exact(logged + rated["late_collection_labour_cents"])
    cost = half_up_quotient(labour * exact(left_out), exact(rated["worked_seconds"].clip(lower=1))).astype(np.int64)
    charged = rated.assign(cm3_cents=rated["cm3_cents"] - cost, ncp_cents=rated["ncp_cents"] - cost)
    basis = f"{policy.rank_by}_cents"
    return _with_place(charged, charged[basis], rated[basis])


def _with_place(charged: pd.DataFrame, profit: pd.Series[int], former: pd.Series[int]) -> pd.DataFrame:
    """Place each account by its new profit among the former profits of all others, as `assign_tiers` places it."""
    is_matched = charged["is_matched"].to_numpy(dtype=bool)
    own, own_before = (np.where(is_matched, side.to_numpy(dtype=np.int64), 0) for side in (profit, former))
    gains = np.sort(own_before.clip(min=0))
    up_to = np.concatenate(([0], gains.cumsum()))
    others = up_to[-1] - own_before.clip(min=0)
    # Profits above the new one, less the former one of the account itself where it is among them.
    above = up_to[-1] - up_to[np.searchsorted(gains, own, side="right")]
    before = above - np.where(own_before > own, own_before.clip(min=0), 0)
    total = others + own.clip(min=0)
    has_place = is_matched & (total > 0)
    return charged.assign(
        positive_before_cents=pd.Series(before, charged.index, dtype="Int64").where(has_place),
        positive_total_cents=pd.Series(total, charged.index, dtype="Int64").where(has_place),
    )
