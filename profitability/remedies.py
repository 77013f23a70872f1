"""What can be tried before an exit: five remedies in order, each with what it would bring in a year.

Collect first, so that a price never carries what is a matter of payment; then our own overservice, then work beyond
the contract; only what is left is a matter of price. A lighter package comes last.
"""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from profitability.firm import Firm
from profitability.policy import Policy, RemedyPolicy
from profitability.ratios import Flags, Whole, exact, half_up_quotient, is_at_least, posted
from profitability.reprice import BREAK_EVEN, LATE_BLOCK, nullable, rise_cents

REMEDIES = ("collect", "reduce_cost_to_serve", "renegotiate_scope", "reprice", "migrate")
"""In the order of the ladder."""

SPENT_OUTCOMES = ("failed", "declined", "lapsed")


def remedy_ladder(
    accounts: pd.DataFrame,
    prices: pd.DataFrame,
    tried: pd.DataFrame,
    policy: Policy,
    firm: Firm,
    *,
    as_of: date,
) -> pd.DataFrame:
    """Compute what each remedy would bring, and which come next.

    The gap is -NCP; of an account with NCP >= 0, the distance to the B margin if its published tier is C, and -CM3 if
    that is D. Each step shows its full amount. A step is open when it closes at least the policy's share of the gap;
    a price rise, when the rise that closes the whole gap is at most `max_uplift` of AGI; and none when the latest
    attempt at it failed, was declined, or lapsed.

    Args:
        accounts: the accounts, with published_tier, unrated_reason and is_matched, statement, times and
            contracted_seconds.
        prices: from `profitability.reprice.price_figures`, of the same accounts.
        tried: the fact table `remedies`.
        policy: limits of the remedies, and the B margin.
        firm: the portfolio's service labour and AGI.
        as_of: last day of the window; attempts that start later do not count.

    Returns:
        One row per rated account with a gap, in the order given. account_id. In cents, int64: gap_cents;
        collect_cents (the lines
        of the late block that cost something: a fall of the expected loss, or more recovered than given up, is no
        reason to collect less); reduce_cost_to_serve_cents (service labour above the portfolio's share of AGI; all of
        it where AGI <= 0); renegotiate_scope_cents (Int64; time
        above the contract, less what the step before frees, at the account's own cost of a delivery hour; null where
        the contract's hours are not known or no delivery time gives a rate); residual_cents (what these three leave);
        migrate_cents (Int64; delivery and service labour above the light package; null without one); cash_cents (the
        part of the gap that collecting and the residual close; the rest is hours). Time: freed_service_seconds int64,
        freed_scope_seconds Int64, null with its amount. open_remedies and spent_remedies (tried in vain), tuples of
        names in the order of the ladder; next_remedy, the first open one or ""; next_remedy_cents Int64, its full
        amount, which for reprice is the rise.

    Raises:
        DataError: an amount is beyond 64 bits.
    """
    short = _short_of_gap(accounts, policy)
    steps = _steps(short, policy.remedies, firm)
    amounts = steps[["collect_cents", "reduce_cost_to_serve_cents", "renegotiate_scope_cents"]].assign(
        reprice_cents=_closing_rise(short, prices, policy), migrate_cents=steps["migrate_cents"]
    )
    is_spent = _spent(short, tried, policy.remedies, as_of)
    is_open = _worth_trying(short, amounts, policy.remedies) & ~is_spent
    ladder = pd.concat([short[["account_id", "gap_cents"]], steps, _choice(amounts, is_open)], axis="columns")
    return ladder.assign(spent_remedies=_names(is_spent, short.index))


def _short_of_gap(accounts: pd.DataFrame, policy: Policy) -> pd.DataFrame:
    """Return the rated accounts that miss something, with gap_cents."""
    rated = accounts[accounts["is_matched"] & (accounts["unrated_reason"] == "")]
    ncp, limit = exact(rated["ncp_cents"]), policy.tiers.margin_b
    to_b = half_up_quotient(limit.numerator * exact(rated["agi_cents"]) - limit.denominator * ncp, limit.denominator)
    tier = rated["published_tier"]
    by_tier = np.where(tier == "C", to_b, np.where(tier == "D", -exact(rated["cm3_cents"]), 0))
    gap = np.where(ncp < 0, -ncp, by_tier).astype(np.int64)
    return rated.assign(gap_cents=gap)[gap > 0].reset_index(drop=True)


def _steps(short: pd.DataFrame, policy: RemedyPolicy, firm: Firm) -> pd.DataFrame:
    """Return what each step but the price brings, and what is left for the price."""
    gap = exact(short["gap_cents"])
    collect: Whole = np.sum([np.maximum(exact(short[line]), 0) for line in LATE_BLOCK], axis=0)
    overserved, per = _overserved(short, firm)
    reduce = half_up_quotient(overserved, per)
    freed, freed_per = _freed_service(short, overserved, per)
    scope = _scope(short, freed, freed_per)
    residual = np.maximum(gap - collect - reduce - exact(scope["renegotiate_scope_cents"].fillna(0)), 0)
    labour = exact(short["delivery_labour_cents"]) + exact(short["service_labour_cents"])
    has_package = np.full(len(short), policy.light_package_cents is not None)
    return pd.DataFrame(
        {
            "collect_cents": posted(collect, short.index).astype("int64"),
            "reduce_cost_to_serve_cents": reduce.astype(np.int64),
            "renegotiate_scope_cents": scope["renegotiate_scope_cents"],
            "residual_cents": residual.astype(np.int64),
            "migrate_cents": nullable(
                np.maximum(labour - (policy.light_package_cents or 0), 0), has_package, short.index
            ),
            "freed_service_seconds": half_up_quotient(freed, freed_per).astype(np.int64),
            "freed_scope_seconds": scope["freed_scope_seconds"],
            "cash_cents": np.minimum(collect + residual, gap).astype(np.int64),
        },
        index=short.index,
    )


def _overserved(short: pd.DataFrame, firm: Firm) -> tuple[Whole, int]:
    """Return the service labour above the portfolio's share of AGI, as numerator and denominator.

    Where the account or the portfolio has no AGI, none of the service is earned.
    """
    share = Fraction(firm.service_labour_cents, firm.agi_cents) if firm.agi_cents > 0 else Fraction(0)
    earned = share.numerator * np.maximum(exact(short["agi_cents"]), 0)
    return np.maximum(share.denominator * exact(short["service_labour_cents"]) - earned, 0), share.denominator


def _freed_service(short: pd.DataFrame, overserved: Whole, per: int) -> tuple[Whole, Whole]:
    """Return the service time that costs so much, in seconds as numerator and denominator."""
    return overserved * exact(short["service_seconds"]), per * np.maximum(exact(short["service_labour_cents"]), 1)


def _scope(short: pd.DataFrame, freed: Whole, freed_per: Whole) -> pd.DataFrame:
    """Return renegotiate_scope_cents and freed_scope_seconds, Int64; freed service time enters unrounded."""
    contracted = short["contracted_seconds"].astype("Int64")
    agreed = exact(contracted.fillna(0)) + exact(short["collection_seconds"])
    beyond = np.maximum((exact(short["worked_seconds"]) - agreed) * freed_per - freed, 0)
    delivery = exact(short["delivery_seconds"])
    is_known = contracted.notna().to_numpy(dtype=bool) & (delivery > 0)
    cost = half_up_quotient(beyond * exact(short["delivery_labour_cents"]), freed_per * np.maximum(delivery, 1))
    return pd.DataFrame(
        {
            "renegotiate_scope_cents": nullable(cost, is_known, short.index),
            "freed_scope_seconds": nullable(half_up_quotient(beyond, freed_per), is_known, short.index),
        }
    )


def _closing_rise(short: pd.DataFrame, prices: pd.DataFrame, policy: Policy) -> pd.Series[int]:
    """Return the price rise that closes the whole gap: to break-even, else to the limit that the tier misses."""
    breakeven = short["account_id"].map(prices.set_index("account_id")["breakeven_cents"]).astype("Int64")
    thin = short[short["ncp_cents"] >= 0]
    to_b, own_cost = rise_cents(thin, policy.tiers.margin_b), rise_cents(thin, BREAK_EVEN, profit="cm3_cents")
    other = to_b.where(thin["published_tier"] == "C", own_cost)
    return breakeven.where(short["ncp_cents"] < 0, other.reindex(short.index))


def _worth_trying(short: pd.DataFrame, amounts: pd.DataFrame, policy: RemedyPolicy) -> Flags:
    """Tell per account and remedy whether it closes enough of the gap, and of a price rise, whether it can be borne."""
    whole = amounts.fillna(0).astype("int64")
    closes = {name: is_at_least(whole[name], short["gap_cents"], policy.min_share_of_gap) for name in whole.columns}
    # At most the limit: the opposite is at least the opposite of the limit.
    closes["reprice_cents"] = is_at_least(-whole["reprice_cents"], short["agi_cents"], -policy.max_uplift)
    return np.asarray(np.column_stack(list(closes.values())) & (whole > 0).to_numpy(dtype=bool), dtype=np.bool_)


def _spent(short: pd.DataFrame, tried: pd.DataFrame, policy: RemedyPolicy, as_of: date) -> Flags:
    """Tell per account and remedy whether its latest attempt failed, was declined, or lapsed."""
    today = pd.Timestamp(as_of)
    begun = tried.assign(
        started_on=pd.to_datetime(tried["started_on"]),
        ended_on=pd.to_datetime(tried["ended_on"]),
        outcome=tried["outcome"].fillna(""),
    )
    begun = begun[begun["started_on"] <= today].sort_values(["started_on", "ended_on", "outcome"])
    latest = begun.groupby(["account_id", "remedy"]).tail(1)
    lapsed = (latest["outcome"] == "") & (latest["started_on"] < today - pd.Timedelta(days=policy.window_days))
    spent = latest[lapsed | latest["outcome"].isin(SPENT_OUTCOMES)]
    columns = [short["account_id"].isin(spent.loc[spent["remedy"] == remedy, "account_id"]) for remedy in REMEDIES]
    return np.column_stack([column.to_numpy(dtype=bool) for column in columns])


def _choice(amounts: pd.DataFrame, is_open: Flags) -> pd.DataFrame:
    """Return the open remedies and the first of them, from one flag per account and remedy."""
    has_next = np.asarray(is_open.any(axis=1), dtype=np.bool_)
    first = is_open.argmax(axis=1)
    own = amounts.fillna(0).to_numpy(dtype=np.int64)[np.arange(len(amounts)), first]
    return pd.DataFrame(
        {
            "open_remedies": _names(is_open, amounts.index),
            "next_remedy": pd.Series(np.where(has_next, np.array(REMEDIES)[first], ""), amounts.index, dtype="str"),
            "next_remedy_cents": pd.Series(own, index=amounts.index).astype("Int64").where(has_next),
        }
    )


def _names(flags: Flags, index: pd.Index) -> pd.Series[Any]:
    """Return per account the tuple of remedies whose flag is set."""
    return pd.Series(_named_sets()[flags @ (1 << np.arange(len(REMEDIES)))], index=index, dtype="object")


def _named_sets() -> npt.NDArray[np.object_]:
    """Return every set of remedies as a tuple of names, at the place that its bits spell; no loop over accounts."""
    sets = np.empty(1 << len(REMEDIES), dtype=object)
    for bits in range(len(sets)):
        sets[bits] = tuple(name for place, name in enumerate(REMEDIES) if bits >> place & 1)
    return sets
