"""What becomes of the hours that leaving accounts free, and of the gain that was promised."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

import pandas as pd

from profitability.firm import Firm
from profitability.policy import ExitPolicy
from profitability.ratios import exact, half_up_quotient
from profitability.units import SECONDS_PER_HOUR, half_up

MONTHS_OF_PROMISE = 12
"""An exit case promises its gain over so many months."""

CHECKED_AFTER_MONTHS = (3, 6, 12)
"""When promise and result are put side by side."""


@dataclass(frozen=True, slots=True)
class FreedHours:
    """The hours of a plan, in seconds.

    Attributes:
        freed_seconds: client time of what leaves.
        sold_seconds: of it, what known demand takes up.
        idle_seconds: of it, what nobody has asked for yet.
        open_demand_seconds: demand that is still without a person after the plan.
    """

    freed_seconds: int
    sold_seconds: int
    idle_seconds: int
    open_demand_seconds: int

    def __str__(self) -> str:
        """Return the ledger as one line: 660 h freed: 388 h for known demand, 272 h idle."""
        freed, sold, idle = (
            half_up(Fraction(seconds, SECONDS_PER_HOUR))
            for seconds in (self.freed_seconds, self.sold_seconds, self.idle_seconds)
        )
        return f"{freed:,} h freed: {sold:,} h for known demand, {idle:,} h idle"


def freed_hours(plan: pd.DataFrame, firm: Firm) -> FreedHours:
    """Add up the hours of everything in the plan that has a month.

    Args:
        plan: from `profitability.phase_out.plan_phase_out`.
        firm: the firm before anybody leaves.
    """
    planned = plan[plan["month"].notna()]
    sold = int(planned["redeployed_seconds"].sum())
    return FreedHours(
        freed_seconds=int(planned["freed_seconds"].sum()),
        sold_seconds=sold,
        idle_seconds=int(planned["idle_seconds"].sum()),
        open_demand_seconds=firm.spare_demand_seconds - sold,
    )


def reinvestment(plan: pd.DataFrame, owners: Mapping[str, str], policy: ExitPolicy) -> pd.DataFrame:
    """Split the expected gain, and what may be spent of it on the clients who stay, by owner of the leaving accounts.

    Better service for those who stay makes up for the harm an exit does (Haenlein & Kaplan 2010).

    Args:
        plan: from `profitability.phase_out.plan_phase_out`.
        owners: account id -> who answers for it.
        policy: the share of a gain that may be spent.

    Returns:
        One row per owner of a planned account with a gain, by name; owner "" stands for accounts without one. owner,
        accounts int64, gain_cents int64 (a planned loss counts as nothing), budget_cents int64 (rounded per owner).
    """
    gaining = plan[plan["month"].notna() & (plan["expected_cents"] > 0)]
    owner = gaining["account_id"].map(lambda account_id: owners.get(account_id, "")).astype("str")
    by_owner = gaining.assign(owner=owner).groupby("owner")
    gains = by_owner.agg(accounts=("account_id", "nunique"), gain_cents=("expected_cents", "sum")).reset_index()
    share = policy.reinvest_share
    budget = half_up_quotient(exact(gains["gain_cents"]) * share.numerator, share.denominator)
    return gains.assign(budget_cents=budget).astype(
        {"accounts": "int64", "gain_cents": "int64", "budget_cents": "int64"}
    )


@dataclass(frozen=True, slots=True)
class Outcome:
    """Promise and result of an exit, some months later, in home cents.

    Attributes:
        months: months since the exit.
        due_cents: what the promise amounts to by now.
        realised_cents: change of firm profit since the exit.
        shortfall_cents: promised by now and not seen; negative where more came than was promised.
    """

    months: int
    due_cents: int
    realised_cents: int
    shortfall_cents: int


def promised_and_realised(
    promised_cents: int, *, profit_then_cents: int, profit_now_cents: int, months: int
) -> Outcome:
    """Compare the promised gain of an exit with what firm profit has done since.

    Both profits are over the trailing twelve months, so after three months a quarter of the promise can show in them,
    after twelve all of it. What else moved the firm's profit is in the result too: it is a check, not a proof.

    Args:
        promised_cents: Delta at the expected redeployment, over a year.
        profit_then_cents: firm profit of the twelve months before the exit.
        profit_now_cents: firm profit of the twelve months up to now.
        months: months since the exit; usually one of `CHECKED_AFTER_MONTHS`.
    """
    share = Fraction(min(max(months, 0), MONTHS_OF_PROMISE), MONTHS_OF_PROMISE)
    due = half_up(share * promised_cents)
    realised = profit_now_cents - profit_then_cents
    return Outcome(months, due, realised, due - realised)
