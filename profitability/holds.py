"""What people say against a review: exemptions with an owner and a last day, and decisions on the record."""

from __future__ import annotations

from datetime import date

import pandas as pd

STRATEGIC_MONTHS = 12
PIPELINE_DAYS = 90
"""How long an exemption of these kinds may hold; the other kinds end with their own last day."""

_HOLDING = {"keep": "keep", "improve_first": "improve first"}


def live_exemptions(
    exemptions: pd.DataFrame, accounts: pd.DataFrame, pipeline: pd.Series[int], *, today: date
) -> pd.Series[str]:
    """Tell per account which exemption keeps it from review today; the one that ends last where several do.

    One without a first day holds since ever, so the limit of its kind is then counted from today, and one that
    reaches beyond it does not hold. A pipeline exemption is granted once, the first time, and holds only while the
    open deals are worth a year's loss.

    Args:
        exemptions: the fact table.
        accounts: account_id, ncp_cents.
        pipeline: yearly amount of open deals weighted by their chance, cents by account_id.
        today: the day of the run: what people grant acts at once.

    Returns:
        str by account_id, only where one holds, such as `exemption: strategic (Ada) until 2026-06-30`.
    """
    now = pd.Timestamp(today)
    dated = exemptions.assign(
        granted_on=pd.to_datetime(exemptions["granted_on"]), expires_on=pd.to_datetime(exemptions["expires_on"])
    ).sort_values(["granted_on", "expires_on", "owner"], na_position="first")
    first_day = dated["granted_on"].fillna(now)
    limit = _limit(dated["kind"], first_day)
    lasts = dated["expires_on"].where((dated["expires_on"] <= limit) | limit.isna(), limit)
    has_limit_to_count = dated["granted_on"].notna() | (lasts == dated["expires_on"])
    is_pipeline = dated["kind"] == "pipeline"
    # Looked up with a default, so that whole numbers stay whole.
    worth = pipeline.reindex(dated["account_id"], fill_value=0).to_numpy()
    ncp = accounts.set_index("account_id")["ncp_cents"].reindex(dated["account_id"], fill_value=0).to_numpy()
    is_repeated = dated.duplicated(["account_id", "kind"])
    holds = (first_day <= now) & (lasts >= now) & has_limit_to_count
    holds &= ~is_pipeline | ((worth >= -ncp) & ~is_repeated)
    words = dated["kind"].str.replace("_", " ") + " (" + dated["owner"] + ")"
    text = "exemption: " + words + " until " + lasts.dt.strftime("%Y-%m-%d")
    return _longest(dated["account_id"][holds], text[holds], lasts[holds])


def _limit(kind: pd.Series[str], first_day: pd.Series[pd.Timestamp]) -> pd.Series[pd.Timestamp]:
    """Return the last day on which an exemption of its kind may hold, null where nothing limits it."""
    strategic = first_day + pd.DateOffset(months=STRATEGIC_MONTHS)
    pipeline = first_day + pd.Timedelta(days=PIPELINE_DAYS)
    return strategic.where(kind == "strategic", pipeline.where(kind == "pipeline"))


def live_holds(decisions: pd.DataFrame, *, today: date) -> pd.Series[str]:
    """Tell per account which decision holds the flag back today: Keep or Improve first, up to and with its last day.

    Without a last day it holds until somebody changes it.

    Returns:
        str by account_id, only where one holds, such as `decision: keep until 2026-06-30`.
    """
    until = pd.to_datetime(decisions["holds_until"])
    holds = decisions["decision"].isin(list(_HOLDING)) & (until.isna() | (until >= pd.Timestamp(today)))
    ends = (" until " + until.dt.strftime("%Y-%m-%d")).fillna("")
    text = "decision: " + decisions["decision"].map(_HOLDING) + ends
    return _longest(decisions["account_id"][holds], text[holds], until[holds])


def _longest(account_id: pd.Series[str], text: pd.Series[str], until: pd.Series[pd.Timestamp]) -> pd.Series[str]:
    """Return by account the text that lasts longest (no date: for ever), the first by name where they end together."""
    rows = pd.DataFrame({"account_id": account_id, "text": text, "until": until})
    ordered = rows.sort_values("text").sort_values("until", ascending=False, na_position="first", kind="stable")
    return ordered.drop_duplicates("account_id").set_index("account_id")["text"].astype("str")
