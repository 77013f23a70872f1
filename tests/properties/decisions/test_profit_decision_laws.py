"""Laws of whole verdicts, from facts to decisions: what must not matter, and what may not move."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import asdict, fields, replace
from datetime import date
from fractions import Fraction
from itertools import combinations
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from profitability.exit_case import exit_cases, leaving_sets
from profitability.policy import Policy, RemedyPolicy
from profitability.units import half_up
from profitability.verdicts import Verdicts

pytestmark = pytest.mark.slow

Row = dict[str, Any]
Firm = dict[str, list[Row]]
Firms = st.SearchStrategy[Firm]
Circumstances = Callable[[tuple[str, ...]], Firms]
Judge = Callable[[Firm, Policy], Verdicts]

LAST = date(2025, 3, 31)

# Shrinking would run the models for minutes; a failing firm is small as it is, and printed.
few = settings(
    max_examples=3,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


def frames(verdicts: Verdicts) -> dict[str, pd.DataFrame]:
    """Return every table of the verdicts, the firm's figures as one more."""
    named = {field.name: getattr(verdicts, field.name) for field in fields(verdicts)}
    tables = {name: table for name, table in named.items() if isinstance(table, pd.DataFrame)}
    return tables | {"firm_figures": pd.DataFrame([asdict(verdicts.firm_figures)])}


def assert_same(found: Verdicts, expected: Verdicts, *, without: tuple[str, ...] = ()) -> None:
    assert (found.coverage, found.books_status) == (expected.coverage, expected.books_status)
    for name, table in frames(expected).items():
        if name not in without:
            pd.testing.assert_frame_equal(frames(found)[name], table, obj=name)


def names_of(firm: Firm) -> tuple[str, ...]:
    return tuple(row["account_id"] for row in firm["accounts"])


MONEY_FACTS = {
    "documents": ("net_minor", "gross_minor"),
    "settlements": ("gross_minor",),
    "direct_costs": ("amount_minor",),
    "cost_rates": ("loaded_cost_minor", "cost_per_hour_minor"),
    "pools": ("amount_cents",),
    "opening_ecl": ("amount_cents",),
    "deals": ("amount_cents",),
    "cash": ("balance_cents",),
}
TIMES = 100
POSTED = ("statement", "lines", "firm", "reconciliation", "books", "explanation", "firm_figures")
"""Without a rounded figure in a firm whose postings are even."""
ROUNDED_CENTS = 3 * TIMES // 2
"""What was rounded to the cent, or up to it, and then split into parts, is off by up to so much in the multiple."""
ROUNDED_RATIO = 1e-4
"""A cent, of the least AGI that a firm of whole amounts gives an account, and some more."""


def enriched(firm: Firm) -> Firm:
    """Return the firm with all its money multiplied."""
    rich = deepcopy(firm)
    for table, columns in MONEY_FACTS.items():
        for row in rich[table]:
            row.update({name: TIMES * row[name] for name in columns if row.get(name) is not None})
    return rich


def richer(policy: Policy) -> Policy:
    """Return the policy with all its money multiplied."""
    package, rate = policy.remedies.light_package_cents or 0, policy.standard_rate_cents or 0
    return replace(policy, remedies=RemedyPolicy(light_package_cents=TIMES * package), standard_rate_cents=TIMES * rate)


def figures_by_name(table: pd.DataFrame) -> pd.DataFrame:
    """Turn a table of one figure a row into one of a figure a column, with its unit in the name."""
    if "unit" not in table:
        return table
    names, amounts = table.iloc[:, 0] + "_" + table["unit"], table.iloc[:, 1]
    return pd.DataFrame([dict(zip(names, amounts, strict=True))])


@few
@given(data=st.data())
def test_a_multiple_of_all_money_multiplies_amounts_and_moves_nothing_else(
    data: st.DataObject, even_firms: Firms, decision_policy: Policy, decided: Judge
) -> None:
    firm = data.draw(even_firms)
    before, after = decided(firm, decision_policy), decided(enriched(firm), richer(decision_policy))
    for name, table in frames(before).items():
        was, found = figures_by_name(table), figures_by_name(frames(after)[name])
        money = [column for column in was.columns if "cents" in column or column == "late_cent_days"]
        others = [column for column in was.columns if column not in (*money, "reason", "reasons")]
        pd.testing.assert_frame_equal(found[others], was[others], obj=name, atol=0 if name in POSTED else ROUNDED_RATIO)
        pd.testing.assert_frame_equal(found[money].isna(), was[money].isna(), obj=name)
        off = (found[money] - TIMES * was[money]).abs().max().max()
        assert pd.isna(off) or off <= (0 if name in POSTED else ROUNDED_CENTS), name


@few
@given(data=st.data())
def test_a_currency_at_par_is_no_currency(
    data: st.DataObject, firms: Firms, circumstances_of: Circumstances, decision_policy: Policy, decided: Judge
) -> None:
    firm = data.draw(firms)
    firm |= data.draw(circumstances_of(names_of(firm)))
    abroad = deepcopy(firm)
    for row in (row for table in ("documents", "direct_costs", "cost_rates") for row in abroad[table]):
        row["currency"] = "DKK" if row["currency"] == "EUR" else row["currency"]
    assert_same(decided(abroad, decision_policy), decided(firm, decision_policy))


@few
@given(data=st.data())
def test_neither_the_order_of_rows_nor_an_account_with_nothing_matters(
    data: st.DataObject, firms: Firms, circumstances_of: Circumstances, decision_policy: Policy, decided: Judge
) -> None:
    firm = data.draw(firms)
    accounts = names_of(firm)
    firm |= data.draw(circumstances_of(accounts))
    for row in firm["accounts"][1:]:
        row["parent_id"] = data.draw(st.sampled_from([None, accounts[0]]))
    mixed = deepcopy(firm)
    mixed["accounts"].append({"account_id": "nothing", "name": "nothing", "is_matched": True, "owner": "Bo"})
    shuffled = {table: data.draw(st.permutations(rows)) for table, rows in mixed.items()}
    assert_same(decided(shuffled, decision_policy), decided(firm, decision_policy))


GROUP = ("A0", "A1", "A2")
"""A0 controls the others."""


def plain(firm: Firm) -> Firm:
    """Leave the group one contract, and the decision and the closes of its top: what one account can have."""
    inside = [row for row in firm["contracts"] if row["account_id"] in GROUP]
    kept = {"contracts": [row for row in firm["contracts"] if row not in inside[1:]]}
    return (
        firm
        | kept
        | {
            table: [row for row in firm[table] if row["account_id"] not in GROUP[1:]]
            for table in ("decisions", "closes")
        }
    )


def merged(firm: Firm) -> Firm:
    """Return the firm with everything of the group's members as the top's own."""
    single = deepcopy(firm)
    single["accounts"] = [row for row in single["accounts"] if row["account_id"] not in GROUP[1:]]
    for row in (row for rows in single.values() for row in rows):
        if row.get("account_id") in GROUP:
            row["account_id"] = GROUP[0]
    return single


@few
@given(data=st.data())
def test_a_group_is_rated_as_one_account_with_the_facts_of_all(
    data: st.DataObject, even_firms: Firms, decision_policy: Policy, decided: Judge
) -> None:
    firm = plain(data.draw(even_firms))
    controlled = deepcopy(firm)
    for row in controlled["accounts"]:
        row["parent_id"] = GROUP[0] if row["account_id"] in GROUP[1:] else None
    group, one, apart = (decided(facts, decision_policy) for facts in (controlled, merged(firm), firm))
    assert_same(group, one, without=("accounts", "statement", "lines"))

    own, alone = (verdicts.statement.set_index("account_id") for verdicts in (group, apart))
    pd.testing.assert_frame_equal(own.loc[alone.index], alone)
    # A top without facts has a row of its own, where its group has one.
    assert set(own.index) - set(alone.index) <= {GROUP[0]}
    summed = group.statement.assign(account_id=group.accounts["group_id"]).groupby("account_id").sum()
    pd.testing.assert_frame_equal(summed, one.statement.set_index("account_id").sort_index())
    shared = ["published_tier", "indicative_tier", "flip_tier", "rank", "state", "review", "next_step", "tier_since"]
    rated = one.accounts.set_index("account_id")[shared]
    carried = group.accounts.set_index("group_id")[shared]
    pd.testing.assert_frame_equal(carried, rated.loc[carried.index], check_names=False)


@few
@given(data=st.data(), tier=st.sampled_from("ABCD"))
def test_a_pinned_tier_stands_whatever_the_figures_and_moves_nobody_else(
    data: st.DataObject, tier: str, even_firms: Firms, decision_policy: Policy, decided: Judge
) -> None:
    firm = data.draw(even_firms) | {"pins": []}
    name = data.draw(st.sampled_from([row["account_id"] for row in firm["time_entries"]]))
    pin = {"account_id": name, "tier": tier, "pinned_on": LAST, "expires_on": LAST, "owner": "Bo", "reason": "agreed"}
    free, pinned = (
        decided(facts, decision_policy).accounts.set_index("account_id") for facts in (firm, firm | {"pins": [pin]})
    )
    assert (pinned.loc[name, "published_tier"], pinned.loc[name, "tier_status"]) == (tier, "Pinned")
    assert pinned.loc[name, "indicative_tier"] == free.loc[name, "indicative_tier"]
    others = ["published_tier", "indicative_tier", "rank", "ncp_cents", "state", "next_step"]
    pd.testing.assert_frame_equal(pinned.drop(index=name)[others], free.drop(index=name)[others])


PRACTICAL_SECONDS = 400 * 3600
"""Of P0, the one person with a salary."""


def everybody_leaves(firm: Firm, demand_seconds: int) -> Firm:
    """Return people's decision to phase out all accounts, and a deal that asks for so much time."""
    deal = {"deal_id": "D", "stage": "won", "demand_seconds": demand_seconds, "starts_on": date(2025, 5, 1)}
    return {
        "decisions": [{"account_id": name, "decision": "phase_out"} for name in names_of(firm)],
        "deals": [deal],
    }


@few
@given(data=st.data())
def test_an_exit_loses_its_keep_value_shares_the_demand_and_leaves_the_largest_no_smaller(
    data: st.DataObject, even_firms: Firms, decision_policy: Policy, decided: Judge
) -> None:
    drawn = data.draw(even_firms)
    salaried = sum(row["worked_seconds"] for row in drawn["time_entries"] if row["person_id"] == "P0")
    spare = data.draw(st.integers(0, salaried))
    verdicts = decided(drawn | everybody_leaves(drawn, PRACTICAL_SECONDS - salaried + spare), decision_policy)
    exits, firm = verdicts.exits.set_index("account_id"), verdicts.firm_figures
    assert firm.spare_demand_seconds == spare
    assert (exits["day_one_cents"] == -exits["keep_value_cents"]).all()
    # Linear: half of the hours bring the mean of none and all, but for the rounding of both.
    assert (2 * exits["half_cents"] - exits["full_cents"] - exits["day_one_cents"]).abs().max() <= 1

    worth = max(firm.throughput, Fraction(0))
    pairs = {f"{one}+{other}": [one, other] for one, other in combinations(exits.index, 2)}
    together = exit_cases(leaving_sets(verdicts.accounts, pairs), firm).set_index("account_id")["expected_cents"]
    for label, pair in pairs.items():
        hours, keep = (int(exits.loc[pair, name].sum()) for name in ("freed_seconds", "keep_value_cents"))
        assert together[label] == half_up(min(hours, spare) * worth - keep)
    is_planned = verdicts.phase_out["tranches"].notna()
    plan, rest = verdicts.phase_out[is_planned], verdicts.phase_out[~is_planned]
    sold = int(plan["redeployed_seconds"].sum())
    # Whoever is not planned is told what the demand that the others leave would do for it alone.
    assert (rest["redeployed_seconds"] == rest["freed_seconds"].clip(upper=spare - sold)).all()
    assert sold <= spare
    keep = int(exits.loc[plan["account_id"].unique(), "keep_value_cents"].sum())
    assert abs(plan["expected_cents"].sum() - (sold * worth - keep)) <= len(plan)

    incomes: dict[Any, int] = dict(
        zip(verdicts.accounts["account_id"], verdicts.accounts["agi_cents"].clip(lower=0), strict=True)
    )
    whole, largest = sum(incomes.values()), max(incomes.values())
    for name, share in exits["top1_after_ratio"].items():
        assert incomes[name] == largest or share * whole >= largest * (1 - 1e-12)
