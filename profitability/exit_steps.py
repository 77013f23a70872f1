"""How an account is let go: the steps, the route that suits it, and when the next exit has to wait."""

from __future__ import annotations

from collections.abc import Collection
from fractions import Fraction

import numpy as np
import pandas as pd

from profitability.facts import PPM
from profitability.ratios import exact

STEPS = {
    "decide": "a named person approves, who is not the account's owner",
    "tell_people": "those who work for the account hear it first, and what they do next",
    "tell_account": "in person, with the reason",
    "written_notice": "the same in writing, with the last day",
    "alternatives": "a lighter package where there is one, and referrals to others",
    "handover": "files, access and open work are handed over against a list",
    "final_invoice": "everything is billed, and what is open is collected",
    "thanks": "the account is thanked",
    "close": "the record is closed, and says on what terms the account may come back",
}
"""The steps of an exit in their order; an account has left when all of them are done."""

LIGHTER_FIRST = "lighter_first"
END_OPENLY = "end_openly"
ASK_FIRST = "ask_first"

ROUTES = {
    LIGHTER_FIRST: "satisfied: offer the lighter package before notice is given",
    END_OPENLY: "not satisfied: give notice openly, and do not thin out the service before",
    ASK_FIRST: "satisfaction not known: ask before a route is chosen",
}
"""Satisfied clients take a termination worse, dissatisfied ones a thinner service (Haenel, Wetzel & Hammerschmidt)."""

STOP_AFTER_DAYS = 60
STOP_BELOW = Fraction(1, 2)


def steps_left(done: Collection[str]) -> tuple[str, ...]:
    """Return the steps that are still to be done, in order; none: the account has left."""
    return tuple(step for step in STEPS if step not in done)


def routes(satisfaction_e6: pd.Series[int], satisfied_from: Fraction | None) -> pd.Series[str]:
    """Choose the route of each exit by how satisfied the client is.

    Args:
        satisfaction_e6: Int64, score x 10^6 on the firm's own scale; null: not known.
        satisfied_from: the least score of a satisfied client (`ReviewPolicy.satisfied_from`); None: not known.

    Returns:
        A key of `ROUTES` per row.
    """
    known = satisfaction_e6.notna().to_numpy(dtype=bool)
    if satisfied_from is None:
        return pd.Series(ASK_FIRST, index=satisfaction_e6.index, dtype="str")
    scores = exact(satisfaction_e6.fillna(0).astype("int64"))
    is_satisfied = (scores * satisfied_from.denominator >= PPM * satisfied_from.numerator).astype(bool)
    chosen = np.select([~known, is_satisfied], [ASK_FIRST, LIGHTER_FIRST], END_OPENLY)
    return pd.Series(chosen, index=satisfaction_e6.index, dtype="str")


def may_go_on(planned_resale_seconds: int, realised_resale_seconds: int, days_since: int) -> bool:
    """Tell whether the next exit may start: from day 60 on, at least half of the planned resale must be real.

    Args:
        planned_resale_seconds: freed time that the last exit was to sell.
        realised_resale_seconds: of it, what has been sold.
        days_since: days since that exit.
    """
    return days_since < STOP_AFTER_DAYS or realised_resale_seconds >= STOP_BELOW * planned_resale_seconds
