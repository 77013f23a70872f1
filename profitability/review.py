"""Whether an account should be put up for review, and what to try before: a diagnosis is no decision.

Tier D alone flags nobody. All of `PRECONDITIONS` must hold, in the order of Mittal, Sarkees & Murshed (HBR 2008):
what can be fixed is fixed first, an exit comes last. The flag is a question to people; the engine never goes beyond.
"""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from profitability.holds import live_exemptions, live_holds
from profitability.notice import window_opens
from profitability.periods import add_months, month_start
from profitability.policy import Policy
from profitability.ratios import Flags, exact

PRECONDITIONS = (
    "tier_D",
    "d_confirmed",
    "tenure",
    "coverage",
    "not_recovering",
    "no_open_remedy",
    "exit_pays",
    "no_exemption",
)
"""What must hold before the flag is set, in the order in which it is told."""

NONE = "none"
WATCH = "watch"
REMEDY = "remedy"
WAIT_FOR_NOTICE_WINDOW = "wait_for_notice_window"
HELD = "held"
REVIEW_FOR_OFFBOARDING = "review_for_offboarding"
APPROVED = "approved"

NO_STEP = "None"
REVIEW_STEP = "Review for offboarding"
STEPS = {
    "collect": "Collect",
    "reduce_cost_to_serve": "Reduce cost to serve",
    "renegotiate_scope": "Renegotiate scope",
    "reprice": "Reprice",
    "migrate": "Move to lighter service",
}
"""Remedy -> its value in the CRM's list of recommended steps."""

WEAK_TIERS = ("C", "D")

_READ = (
    "account_id",
    "published_tier",
    "indicative_tier",
    "flip_tier",
    "unrated_reason",
    "started_on",
    "coverage_centi",
    "agi_cents",
    "cm2_cents",
    "quarter_agi_cents",
    "quarter_cm2_cents",
)

Tuples: TypeAlias = npt.NDArray[np.object_]
"""Tuples of names, one per row."""


def review_accounts(
    accounts: pd.DataFrame,
    *,
    ladder: pd.DataFrame,
    exits: pd.DataFrame,
    notice: pd.DataFrame,
    exemptions: pd.DataFrame,
    decisions: pd.DataFrame,
    pipeline: pd.Series[int],
    history: pd.DataFrame | None,
    policy: Policy,
    as_of: date,
    today: date,
) -> pd.DataFrame:
    """Judge every account that is published as C or D, and say what comes next for it.

    States, the first that applies:
    approved: people decided Phase out. The question is answered, so the flag is down and nothing is recommended.
    held: everything speaks for a review, but a decision (Keep, Improve first) or an exemption holds it back.
    wait_for_notice_window: everything does, but notice cannot be given soon.
    review_for_offboarding: everything does; the flag is up.
    remedy: C or D, and a remedy is open: it is recommended.
    watch: C or D for which neither holds, or A or B whose latest figures alone give C or D.
    none: the rest, and whoever has no rating.

    Args:
        accounts: one row per account (or group): account_id, published_tier, indicative_tier, unrated_reason,
            started_on, coverage_centi, agi_cents, cm2_cents, ncp_cents, quarter_agi_cents, quarter_cm2_cents, and
            flip_tier, the tier if missing hours were spread by each person's mix.
        ladder: account_id, open_remedies (tuple), next_remedy, next_remedy_cents; accounts with a gap. Reprice is open
            there while its uplift is within the policy's limit, so no second look at prices is needed.
        exits: account_id, pays (bool), expected_cents; an account that is not in it is taken not to gain.
        notice: `notice.notice_dates`; of several contracts the one that can be ended first counts.
        exemptions: the fact table.
        decisions: the fact table; a live Keep wins over a Phase out where an account has both.
        pipeline: `demand.pipeline_cents`.
        history: earlier closes in `closes.HISTORY_COLUMNS`; None: there are none, so no D is confirmed.
        policy: limits of coverage, tenure, recovery and notice.
        as_of: last day of the window; figures and contracts are taken as of it.
        today: the day of the run; decisions and exemptions act at once.

    Returns:
        One row per account in the order given: account_id; state str; review bool, the flag; failed_preconditions
        (tuple of names, () also where not judged; d_confirmed is not told where tier_D fails); open_remedies (tuple,
        () where none or not judged); next_step str, a value of the CRM's list; next_step_cents Int64, what it brings
        in a year, null where nothing is recommended or it is not known; notice_by datetime64, null without a
        contract's end; held_by str, what holds the flag back, else "".
    """
    cases = _cases(accounts, ladder, exits, notice).assign(
        was_d=lambda rows: rows["account_id"].isin(_former_d(history, as_of)),
        hold=live_holds(decisions, today=today).reindex(accounts["account_id"]).array,
        exemption=live_exemptions(exemptions, accounts, pipeline, today=today).reindex(accounts["account_id"]).array,
        is_approved=lambda rows: rows["account_id"].isin(
            decisions.loc[decisions["decision"] == "phase_out", "account_id"]
        ),
    )
    met = _preconditions(cases, policy, as_of=as_of)
    state = _states(cases, met)
    is_remedy, is_review = state == REMEDY, state == REVIEW_FOR_OFFBOARDING
    step = cases["next_remedy"].map(STEPS).where(is_remedy, NO_STEP).mask(is_review, REVIEW_STEP)
    amount = cases["next_remedy_cents"].where(is_remedy).mask(is_review, cases["expected_cents"])
    return pd.DataFrame(
        {
            "account_id": cases["account_id"],
            "state": state,
            "review": is_review,
            "failed_preconditions": _failed(met, cases["is_judged"]),
            "open_remedies": _tuples(cases["open_remedies"], cases["is_judged"] & cases["has_open_remedy"]),
            "next_step": step.astype("str"),
            "next_step_cents": amount,
            "notice_by": cases["notice_by"],
            "held_by": _held_by(cases, state, lead_days=policy.review.notice_lead_days),
        }
    ).set_axis(accounts.index)


def _cases(accounts: pd.DataFrame, ladder: pd.DataFrame, exits: pd.DataFrame, notice: pd.DataFrame) -> pd.DataFrame:
    """Put beside each account its remedies, its exit and its contract; nulls where it has none."""
    first_notice = notice.sort_values("notice_by").drop_duplicates("account_id")
    own = accounts[list(_READ)].reset_index(drop=True)
    cases = pd.concat(
        [
            own,
            _of(own, ladder, ["open_remedies", "next_remedy", "next_remedy_cents"]),
            _of(own, exits, ["pays", "expected_cents"]),
            _of(own, first_notice, ["notice_by", "is_locked"]),
        ],
        axis="columns",
    )
    return cases.assign(
        has_open_remedy=cases["next_remedy"].fillna("") != "",
        next_remedy_cents=cases["next_remedy_cents"].astype("Int64"),
        expected_cents=cases["expected_cents"].astype("Int64"),
        is_judged=cases["published_tier"].isin(WEAK_TIERS) & (cases["unrated_reason"] == ""),
    )


def _of(accounts: pd.DataFrame, table: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    """Return the columns of each account's row in another table, which has at most one."""
    return table.set_index("account_id")[columns].reindex(accounts["account_id"]).set_index(accounts.index)


def _former_d(history: pd.DataFrame | None, as_of: date) -> pd.Series[str]:
    """Return the accounts that were published as D at the close before this one."""
    if history is None or history.empty:
        return pd.Series(dtype="str")
    closed_on = pd.to_datetime(history["close_date"])
    before = closed_on[closed_on < pd.Timestamp(as_of)].max()
    return history.loc[(closed_on == before) & (history["published_tier"] == "D"), "account_id"]


def _preconditions(cases: pd.DataFrame, policy: Policy, *, as_of: date) -> pd.DataFrame:
    """Tell which preconditions hold, one bool column each in the order of `PRECONDITIONS`."""
    is_d = cases["published_tier"] == "D"
    # Tenure is reached when so many months have passed by the morning after the window, as in `tiers`.
    started_by = add_months(month_start(as_of), 1 - policy.tiers.min_tenure_months)
    is_stable = cases["flip_tier"] == cases["indicative_tier"]
    met = {
        "tier_D": is_d,
        "d_confirmed": ~is_d | cases["was_d"],
        "tenure": cases["started_on"] <= pd.Timestamp(started_by),
        "coverage": (cases["coverage_centi"] >= 100 * policy.review.coverage_min) & is_stable,
        "not_recovering": _is_not_recovering(cases, policy.review.recovering_margin),
        "no_open_remedy": ~cases["has_open_remedy"],
        "exit_pays": cases["pays"].eq(other=True),
        "no_exemption": cases["exemption"].isna(),
    }
    return pd.DataFrame({name: met[name] for name in PRECONDITIONS}).astype(bool)


def _is_not_recovering(cases: pd.DataFrame, margin: Fraction) -> Flags:
    """Tell where the quarter's CM2 margin is at most the window's plus `margin`; also where a margin is undefined."""
    agi, cm2 = exact(cases["agi_cents"]), exact(cases["cm2_cents"])
    quarter_agi, quarter_cm2 = exact(cases["quarter_agi_cents"]), exact(cases["quarter_cm2_cents"])
    is_undefined = (agi <= 0) | (quarter_agi <= 0)
    limit = cm2 * margin.denominator + agi * margin.numerator
    return np.asarray(is_undefined | (quarter_cm2 * agi * margin.denominator <= limit * quarter_agi), dtype=np.bool_)


def _states(cases: pd.DataFrame, met: pd.DataFrame) -> pd.Series[str]:
    is_judged = cases["is_judged"]
    is_ripe = is_judged & met.drop(columns="no_exemption").all(axis=1)
    is_held = cases["hold"].notna() | cases["exemption"].notna()
    is_slipping = cases["published_tier"].isin(["A", "B"]) & cases["indicative_tier"].isin(WEAK_TIERS)
    conditions = {
        APPROVED: cases["is_approved"] & cases["hold"].isna(),
        HELD: is_ripe & is_held,
        WAIT_FOR_NOTICE_WINDOW: is_ripe & cases["is_locked"].eq(other=True),
        REVIEW_FOR_OFFBOARDING: is_ripe,
        REMEDY: is_judged & cases["has_open_remedy"],
        WATCH: is_judged | is_slipping,
    }
    flags = [flag.to_numpy(dtype=bool) for flag in conditions.values()]
    return pd.Series(np.select(flags, list(conditions), NONE), index=cases.index, dtype="str")


def _failed(met: pd.DataFrame, is_judged: pd.Series[bool]) -> Tuples:
    """Name the preconditions that fail, () where an account is not judged."""
    fails = ~met.to_numpy() & is_judged.to_numpy()[:, None]
    code = fails @ (1 << np.arange(len(PRECONDITIONS)))
    # All combinations there are, so that a row takes a tuple instead of building one.
    names = np.empty(1 << len(PRECONDITIONS), dtype=object)
    names[:] = [
        tuple(name for place, name in enumerate(PRECONDITIONS) if combination >> place & 1)
        for combination in range(len(names))
    ]
    failed: Tuples = names[code]
    return failed


def _tuples(column: pd.Series[Any], is_told: pd.Series[bool]) -> Tuples:
    """Return a column of tuples, () where it is not told."""
    nothing = np.empty(1, dtype=object)
    nothing[0] = ()
    return np.where(is_told.to_numpy(), column.to_numpy(dtype=object), nothing)


def _held_by(cases: pd.DataFrame, state: pd.Series[str], *, lead_days: int) -> pd.Series[str]:
    opens_on = window_opens(pd.to_datetime(cases["notice_by"]), lead_days).dt.strftime("%Y-%m-%d")
    contract = ("contract: notice window from " + opens_on).where(state == WAIT_FOR_NOTICE_WINDOW)
    return cases["hold"].fillna(cases["exemption"]).where(state == HELD, contract).fillna("").astype("str")
