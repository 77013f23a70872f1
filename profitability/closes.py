"""Which tier is published: it moves only at a month's close, past a dead band, and confirmed at several closes."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from profitability.tiers import NOT_RATED, TIERS

HISTORY_COLUMNS = ("account_id", "close_date", "candidate_tier", "published_tier", "tier_since")
"""One row per account and past close; dates as datetime64, `tier_since` the close that first gave the tier."""

_STEP = {tier: step for step, tier in enumerate(TIERS)}


def publish(
    accounts: pd.DataFrame,
    history: pd.DataFrame | None,
    *,
    close_date: date,
    confirm_closes: int,
    pins: pd.DataFrame | None = None,
    today: date | None = None,
) -> pd.DataFrame:
    """Decide the published tier of each account at one close.

    The candidate is the tier with every limit moved by the dead band against a move: `lenient_tier` where that lies
    below the published one, `strict_tier` where that lies above, else the published tier itself. A move needs
    `confirm_closes` candidates in a row on the same side; the mildest of them is published, and the count begins anew.
    The first rating, and every rating after N, is immediate; N itself applies at once. A close that the history
    already holds keeps its published tier.

    A pin is in force from the day on which it was set until the first close after its last day. Its tier is published
    at once and stands, whatever the figures say; the later pin wins where two are in force. Then the tier moves on
    from the pinned one by the same rule: closes at which a move stood while the pin was published count as closes that
    confirm it.

    Args:
        accounts: account_id, indicative_tier, lenient_tier, strict_tier.
        history: rows of earlier closes in `HISTORY_COLUMNS`; None: this is the first close.
        close_date: last day of the window.
        confirm_closes: closes in a row that a move must stand.
        pins: the fact table; None: there are none.
        today: the day of the run, for pins; None: the close itself.

    Returns:
        The accounts, with candidate_tier, published_tier, tier_since (datetime64), pending_closes (closes that
        a move has stood without being published, 0 for none) and is_pinned (bool).
    """
    close = pd.Timestamp(close_date)
    past = _past(history)
    dated = _dated(pins)
    ids = accounts["account_id"]
    here = _latest(past[past["close_date"] == close], accounts)
    earlier = _as_shown(past[past["close_date"] < close], dated, by=close)
    last = _latest(earlier, accounts)
    pinned = ids.map(_in_force(dated, by=pd.Timestamp(today or close_date), until=close)).astype("object")
    is_pinned = pinned.notna()
    former = last["published_tier"].astype("object")
    candidate = _candidates(accounts, former)
    pending = _pending(earlier, confirm_closes).reindex(ids)
    distance = _step(candidate) - _step(former)
    moved, stood = _moves(distance, pending, confirm_closes)
    is_first = former.isna() | (former == NOT_RATED) | (candidate == NOT_RATED)
    is_known = here["published_tier"].notna()
    shown = former.mask(is_known, here["published_tier"])
    shown_since = last["tier_since"].mask(is_known, here["tier_since"])
    rated = _tier_at(former, moved).where(~is_first, candidate).mask(is_known, here["published_tier"])
    tier = rated.mask(is_pinned, pinned)
    has_moved = (moved != 0) & ~is_pinned
    return accounts.assign(
        candidate_tier=candidate.astype("str"),
        published_tier=tier.astype("str"),
        tier_since=shown_since.where(tier == shown, close),
        pending_closes=np.where(is_first | has_moved, 0, stood).astype("int64"),
        is_pinned=is_pinned,
    )


def _past(history: pd.DataFrame | None) -> pd.DataFrame:
    if history is None:
        empty = pd.DataFrame({name: pd.Series(dtype="str") for name in HISTORY_COLUMNS})
        return empty.astype({"close_date": "datetime64[us]", "tier_since": "datetime64[us]"})
    dated = history.assign(
        close_date=pd.to_datetime(history["close_date"]), tier_since=pd.to_datetime(history["tier_since"])
    )
    return dated.sort_values("close_date", ignore_index=True)


def _dated(pins: pd.DataFrame | None) -> pd.DataFrame:
    columns = ["account_id", "tier", "pinned_on", "expires_on"]
    whole = pd.DataFrame({name: pd.Series(dtype="str") for name in columns}) if pins is None else pins[columns]
    return whole.assign(pinned_on=pd.to_datetime(whole["pinned_on"]), expires_on=pd.to_datetime(whole["expires_on"]))


def _in_force(pins: pd.DataFrame, *, by: pd.Timestamp, until: pd.Timestamp | pd.Series[pd.Timestamp]) -> pd.Series[str]:
    """Return by account the tier of its pin that was set by one day and lasts until another; the later where two do."""
    holding = pins[(pins["pinned_on"] <= by) & (pins["expires_on"] >= until)]
    ordered = holding.sort_values(["pinned_on", "expires_on", "tier"])
    return ordered.drop_duplicates("account_id", keep="last").set_index("account_id")["tier"]


def _as_shown(earlier: pd.DataFrame, pins: pd.DataFrame, *, by: pd.Timestamp) -> pd.DataFrame:
    """Return the earlier closes, the last of each account with the tier of a pin that was set after it was stored."""
    if pins.empty or earlier.empty:
        return earlier
    latest = earlier.groupby("account_id", sort=False).tail(1)
    closed_on = pins["account_id"].map(latest.set_index("account_id")["close_date"])
    pinned = latest["account_id"].map(_in_force(pins, by=by, until=closed_on))
    changed = latest.assign(published_tier=pinned, tier_since=latest["close_date"])
    changed = changed[pinned.notna() & (pinned != latest["published_tier"])]
    shown = earlier.copy()
    shown.loc[changed.index, ["published_tier", "tier_since"]] = changed[["published_tier", "tier_since"]]
    return shown


def _latest(past: pd.DataFrame, accounts: pd.DataFrame) -> pd.DataFrame:
    """Return the last close of each account, row by row beside the accounts; nulls where there is none."""
    latest = past.groupby("account_id", sort=False).tail(1).set_index("account_id")
    return latest.reindex(accounts["account_id"]).set_index(accounts.index)


def _step(tiers: pd.Series[str]) -> pd.Series[float]:
    """Return the place of each tier, NaN where there is none; an empty or all-null column maps to no numbers."""
    return tiers.map(_STEP).astype("float64")


def _candidates(accounts: pd.DataFrame, former: pd.Series[str]) -> pd.Series[str]:
    """Choose per account which of the three readings of its figures counts."""
    step = _step(former)
    falling = _step(accounts["lenient_tier"]) > step
    rising = _step(accounts["strict_tier"]) < step
    is_free = former.isna() | (former == NOT_RATED) | (accounts["indicative_tier"] == NOT_RATED)
    return pd.Series(
        np.select(
            [is_free.to_numpy(dtype=bool), falling.to_numpy(dtype=bool), rising.to_numpy(dtype=bool)],
            [accounts["indicative_tier"], accounts["lenient_tier"], accounts["strict_tier"]],
            former.astype("object"),
        ),
        index=accounts.index,
        dtype="object",
    )


def _pending(earlier: pd.DataFrame, confirm_closes: int) -> pd.DataFrame:
    """Return per account the mildest of the last moves that were not published, and how many stood on one side.

    Columns: side (-1 up, 1 down, 0 none), mildest (steps, signed), stood (closes, at most confirm_closes - 1).
    A close that published, and all before it, or one without a move, ends the row.
    """
    steps = _step(earlier["candidate_tier"]) - _step(earlier["published_tier"])
    given_on = earlier.groupby("account_id", sort=False)["tier_since"].transform("last")
    counts = (earlier["close_date"] > given_on) & steps.notna()
    side = np.sign(steps.where(counts, 0)).astype("int64")
    rows = pd.DataFrame({"account_id": earlier["account_id"], "side": side, "size": steps.abs().fillna(0)})
    latest = rows.groupby("account_id", sort=False)["side"].transform("last")
    # Rows after the last one on another side belong to the same run of closes.
    is_other = (rows["side"] != latest).astype("int64")
    after = is_other[::-1].groupby(rows["account_id"][::-1], sort=False).cumsum()[::-1]
    run = rows[(after == 0) & (rows["side"] != 0)].groupby("account_id", sort=False).tail(max(confirm_closes - 1, 0))
    grouped = run.groupby("account_id", sort=False)
    side_of = grouped["side"].first()
    return pd.DataFrame({"side": side_of, "mildest": side_of * grouped["size"].min(), "stood": grouped.size()})


def _moves(
    distance: pd.Series[float], pending: pd.DataFrame, confirm_closes: int
) -> tuple[pd.Series[float], pd.Series[int]]:
    """Return the steps that are published now, and how many closes the present move has stood."""
    now = distance.fillna(0).astype("int64")
    side = pd.Series(pending["side"].fillna(0).to_numpy(dtype="int64"), index=now.index)
    mildest = pd.Series(pending["mildest"].fillna(0).to_numpy(dtype="int64"), index=now.index)
    stood = pd.Series(pending["stood"].fillna(0).to_numpy(dtype="int64"), index=now.index)
    sign = pd.Series(np.sign(now.to_numpy()), index=now.index)
    total = (stood.where(side == sign, 0) + 1).where(sign != 0, 0)
    size = now.abs().where(total == 1, np.minimum(now.abs(), mildest.abs()))
    return (sign * size).where(total >= confirm_closes, 0), total


def _tier_at(former: pd.Series[str], steps: pd.Series[float]) -> pd.Series[str]:
    names = dict(enumerate(TIERS))
    return (_step(former).fillna(0) + steps).astype("int64").map(names).astype("object")
