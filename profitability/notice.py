"""When a contract can be ended: the last day of notice, and the month that such a notice reaches."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

RENEWAL_MONTHS = 12

Days: TypeAlias = npt.NDArray[np.datetime64]
Counts: TypeAlias = npt.NDArray[np.int64]


def notice_dates(contracts: pd.DataFrame, *, as_of: date, lead_days: int) -> pd.DataFrame:
    """Find per contract the next day on which notice can be given, and whether that day lies too far ahead to ask.

    A contract whose notice day has passed has been renewed: its next term counts, and the one after that, until notice
    can still be given on `as_of`. A contract that ends with a month ends with a month in every term.

    The contract locks while the notice day of the term *as stated* is more than `lead_days` away. A day that has
    passed does not lock, nor does the same day a term later: the question was due, and a flag that went up in time
    must not go down for a year because nobody answered it. What notice still reaches is told by `ends_on` and
    `earliest_month`. No contract, or one without an end, never locks.

    Args:
        contracts: the fact table; notice_days null: none are needed; renewal_months null: 12, 0: it is not renewed.
        as_of: the day that all figures are as of.
        lead_days: days before the notice day from which the contract no longer locks.

    Returns:
        One row per contract, in the order given: account_id; ends_on, the end that notice still reaches, and
        notice_by, the last day to give it (both datetime64, null without an end; the latter also after the last day
        of notice of a contract that is not renewed); is_locked bool; earliest_month (datetime64), first day of the
        month of that end; without an end, of the day that notice given on `as_of` reaches; null where neither an end
        nor days of notice are known.
    """
    stated = pd.to_datetime(contracts["ends_on"])
    notice = contracts["notice_days"].fillna(0).to_numpy(dtype=np.int64)
    renewal = contracts["renewal_months"].fillna(RENEWAL_MONTHS).to_numpy(dtype=np.int64)
    reached = _add_days(np.full(len(contracts), as_of, dtype="datetime64[D]"), notice)
    has_end = stated.notna().to_numpy(dtype=bool)
    first_end = stated.to_numpy().astype("datetime64[D]")
    first_end[~has_end] = reached[~has_end]
    # A contract that is not renewed keeps its only end: 0 months times any count.
    end = _end_of_term(first_end, _terms_passed(first_end, reached, renewal) * renewal)
    notice_by = _add_days(end, -notice)
    opens_on = _add_days(first_end, -notice - lead_days)
    is_known = has_end | contracts["notice_days"].notna().to_numpy(dtype=bool)
    return pd.DataFrame(
        {
            "account_id": contracts["account_id"],
            "ends_on": _dates(end, has_end),
            "notice_by": _dates(notice_by, has_end & (notice_by >= np.datetime64(as_of))),
            "is_locked": has_end & (opens_on > np.datetime64(as_of)),
            "earliest_month": _dates(end.astype("datetime64[M]").astype("datetime64[D]"), is_known),
        },
        index=contracts.index,
    )


def window_opens(notice_by: pd.Series[pd.Timestamp], lead_days: int) -> pd.Series[pd.Timestamp]:
    """Return the first day on which a contract no longer locks."""
    return notice_by - timedelta(days=lead_days)


def _terms_passed(end: Days, reached: Days, renewal: Counts) -> Counts:
    """Count the terms, each so many months long, until a contract ends on a day that notice still reaches."""
    step = np.maximum(renewal, 1)
    months = (reached.astype("datetime64[M]") - end.astype("datetime64[M]")).astype("int64")
    count: Counts = np.maximum(-(-months // step), 0)
    # The last term found ends in the month that notice reaches, or later; it may still end too early in that month.
    return count + (_end_of_term(end, count * step) < reached)


def _end_of_term(end: Days, months: Counts) -> Days:
    """Return the last day of the term that ends so many months later."""
    first = end.astype("datetime64[M]")
    day = end - first.astype("datetime64[D]")
    later = first + months.astype("timedelta64[M]")
    last_day = (later + 1).astype("datetime64[D]") - 1
    ends_with_month = end == (first + 1).astype("datetime64[D]") - 1
    moved: Days = np.where(ends_with_month, last_day, np.minimum(later.astype("datetime64[D]") + day, last_day))
    return moved


def _add_days(days: Days, count: Counts) -> Days:
    added: Days = days + count.astype("timedelta64[D]")
    return added


def _dates(days: Days, is_known: npt.NDArray[np.bool_]) -> npt.NDArray[np.datetime64]:
    return np.where(is_known, days, np.datetime64("NaT")).astype("datetime64[us]")
