"""Whose work leaves with the accounts: the people to talk to before anybody else hears of it."""

from __future__ import annotations

from collections.abc import Collection

import pandas as pd

from profitability.policy import ExitPolicy
from profitability.ratios import exact, ratio


def people_impact(hours: pd.DataFrame, leaving: Collection[str], policy: ExitPolicy) -> pd.DataFrame:
    """Measure how much of each person's client time goes to accounts that leave.

    Args:
        hours: person_id, account_id, worked_seconds: client time in the window, any number of rows per pair.
        leaving: ids of the accounts that leave.
        policy: the share above which a person is told first.

    Returns:
        One row per person with time on a leaving account, the most affected first: person_id, leaving_seconds and
        worked_seconds int64 (all client time of the person), leaving_ratio float64, talk_first bool (the share is
        above the limit, compared exactly).
    """
    leaving_seconds = hours["worked_seconds"].where(hours["account_id"].isin(list(leaving)), 0)
    people = (
        hours.assign(leaving_seconds=leaving_seconds)
        .groupby("person_id", as_index=False)[["leaving_seconds", "worked_seconds"]]
        .sum()
    )
    affected = people[people["leaving_seconds"] > 0]
    limit = policy.talk_first_share
    is_above = (
        exact(affected["leaving_seconds"]) * limit.denominator > exact(affected["worked_seconds"]) * limit.numerator
    )
    return (
        affected.assign(
            leaving_ratio=ratio(affected["leaving_seconds"], affected["worked_seconds"]),
            talk_first=is_above.astype(bool),
        )
        .sort_values(["leaving_ratio", "leaving_seconds", "person_id"], ascending=[False, False, True])
        .reset_index(drop=True)
    )
