"""Laws of prices, remedies and levers, on generated accounts, against fractions computed here."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from fractions import Fraction
from math import floor
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from profitability.firm import Firm
from profitability.levers import levers
from profitability.policy import Policy, RemedyPolicy
from profitability.remedies import REMEDIES, remedy_ladder
from profitability.reprice import ask_limits, price_figures
from profitability.tiers import assign_tiers
from profitability.units import half_up

pytestmark = pytest.mark.slow

AS_OF = date(2025, 12, 31)

POLICY = Policy()

MONEY = (
    "net_revenue",
    "pass_through",
    "delivery_labour",
    "contractors",
    "service_labour",
    "late_financing",
    "late_collection_labour",
    "ecl_movement",
    "write_offs",
    "shared",
)
TIMES = ("delivery_seconds", "service_seconds", "collection_seconds")
SCALING = (
    "breakeven_cents",
    "target_cents",
    "on_time_breakeven_cents",
    "gap_cents",
    "collect_cents",
    "reduce_cost_to_serve_cents",
    "renegotiate_scope_cents",
    "residual_cents",
    "cash_cents",
    "price_cents",
)

Row = dict[str, Any]

costs = st.one_of(st.just(0), st.integers(0, 60_000), st.integers(0, 10**12))
times = st.one_of(st.just(0), st.integers(0, 10**6))


@st.composite
def statements(draw: st.DrawFn) -> Row:
    row: Row = {name: draw(costs) for name in MONEY}
    row["net_revenue"] = draw(st.one_of(costs, st.integers(-10_000, 10**6)))
    row["ecl_movement"] = draw(st.integers(-40_000, 40_000))
    row |= {name: draw(times) for name in TIMES}
    row["contracted_seconds"] = draw(st.one_of(st.none(), times))
    row["avg_days_late"] = draw(st.sampled_from([0.0, 7.5, 90.0]))
    row["unrated_reason"] = draw(st.sampled_from(["", "", "", "short_tenure"]))
    return row


firms = st.lists(statements(), min_size=1, max_size=10)


def rated(firm: list[Row], times_money: int = 1) -> pd.DataFrame:
    rows = []
    for index, row in enumerate(firm):
        line = {name: row[name] * times_money for name in MONEY}
        agi = line["net_revenue"] - line["pass_through"]
        cm2 = agi - line["delivery_labour"] - line["contractors"] - line["service_labour"]
        late = sum(line[name] for name in ("late_financing", "late_collection_labour", "ecl_movement", "write_offs"))
        cents = line | {"agi": agi, "cm3": cm2 - late, "ncp": cm2 - late - line["shared"]}
        rows.append(
            {name: value for name, value in row.items() if name not in MONEY}
            | {f"{name}_cents": value for name, value in cents.items()}
            | {"account_id": f"a{index}", "is_matched": True, "worked_seconds": sum(row[name] for name in TIMES)}
        )
    accounts = assign_tiers(pd.DataFrame(rows).astype({"contracted_seconds": "Int64"}), POLICY)
    return accounts.assign(published_tier=accounts["indicative_tier"])


def firm_of(accounts: pd.DataFrame) -> Firm:
    agi, service = int(accounts["agi_cents"].sum()), int(accounts["service_labour_cents"].sum())
    return Firm(0, 0, agi, 0, service, 0, 0, 0, 0, 0)


def late_share(row: Row) -> Fraction:
    late = row["late_financing_cents"] + row["ecl_movement_cents"] + row["write_offs_cents"]
    revenue = row["net_revenue_cents"]
    return Fraction(max(0, late), revenue) if revenue > 0 else Fraction(0)


def paired(accounts: pd.DataFrame, figures: pd.DataFrame) -> Iterator[tuple[Row, Row]]:
    assert list(accounts["account_id"]) == list(figures["account_id"])
    yield from zip(accounts.to_dict("records"), figures.to_dict("records"), strict=True)


def ladder_of(accounts: pd.DataFrame, tried: pd.DataFrame) -> pd.DataFrame:
    prices = price_figures(accounts, POLICY)
    return remedy_ladder(accounts, prices, tried, POLICY, firm_of(accounts), as_of=AS_OF)


@given(firms, st.sampled_from([Fraction(1, 5), Fraction(0), Fraction(7, 10), Fraction(1, 3)]))
@settings(deadline=None, max_examples=20)
def test_the_statement_with_the_rise_has_the_margin(firm: list[Row], target: Fraction) -> None:
    accounts = rated(firm)
    policy = Policy(remedies=RemedyPolicy(target_margin=target))
    for row, found in paired(accounts, price_figures(accounts, policy)):
        agi, ncp, share = row["agi_cents"], row["ncp_cents"], late_share(row)
        for margin, column in ((Fraction(0), "breakeven_cents"), (target, "target_cents")):
            rise = found[column]
            if agi <= 0 or ncp >= margin * agi or 1 - margin - share <= 0:
                assert pd.isna(rise)
                continue
            cost = agi - ncp
            wanted = half_up((cost - (1 - margin) * agi) / (1 - margin - share))
            assert (0 if pd.isna(rise) else rise) == wanted
            # The statement anew: revenue and AGI grow by the rise, cost by the part of it that comes late or never.
            left = (agi + wanted) - (cost + share * wanted) - margin * (agi + wanted)
            assert abs(left) <= Fraction(1, 2)


@given(firms)
@settings(deadline=None, max_examples=20)
def test_paid_on_time_is_the_statement_without_its_late_block(firm: list[Row]) -> None:
    accounts = rated(firm)
    free = rated([row | dict.fromkeys(("late_financing", "ecl_movement", "write_offs"), 0) for row in firm])
    free = free.set_index("account_id").loc[accounts["account_id"]].reset_index()
    free["ncp_cents"] += free["late_collection_labour_cents"]
    free["cm3_cents"] += free["late_collection_labour_cents"]
    free["late_collection_labour_cents"] = 0
    on_time = price_figures(accounts, POLICY)
    expected = price_figures(free, POLICY)
    pd.testing.assert_series_equal(
        on_time["on_time_breakeven_cents"], expected["breakeven_cents"], check_names=False, check_index=False
    )
    is_d = assign_tiers(free.assign(unrated_reason=""), POLICY).set_index("account_id")["indicative_tier"] == "D"
    assert on_time["is_d_on_time"].to_list() == is_d[on_time["account_id"]].to_list()


@given(firms, st.sampled_from([10, 1000]))
@settings(deadline=None, max_examples=10)
def test_amounts_scale_with_money(firm: list[Row], factor: int) -> None:
    small, large = rated(firm), rated(firm, factor)
    nothing = attempts_of([])
    for before, after in (
        (price_figures(small, POLICY), price_figures(large, POLICY)),
        (ladder_of(small, nothing), ladder_of(large, nothing)),
        (levers(small, POLICY), levers(large, POLICY)),
    ):
        # A rise or a gap below a cent shows only in the larger money.
        both = before.merge(after, on="account_id", suffixes=("", "_scaled"))
        for column in (name for name in before.columns if name in SCALING):
            pairs = both[[column, f"{column}_scaled"]].dropna().itertuples(index=False)
            # At most three amounts, each rounded by less than a cent, make up a figure.
            assert all(abs(int(scaled) - factor * int(amount)) <= 3 * factor for amount, scaled in pairs), column


def attempts_of(attempts: list[tuple[str, str, int, str | None]]) -> pd.DataFrame:
    rows = [
        (account, remedy, pd.Timestamp(AS_OF + timedelta(days=days)), pd.NaT, outcome)
        for account, remedy, days, outcome in attempts
    ]
    columns = ["account_id", "remedy", "started_on", "ended_on", "outcome"]
    dates = {"started_on": "datetime64[us]", "ended_on": "datetime64[us]", "outcome": "str"}
    return pd.DataFrame(rows, columns=columns).astype(dates)


attempts = st.lists(
    st.tuples(
        st.sampled_from(["a0", "a1", "a2"]),
        st.sampled_from(REMEDIES),
        st.integers(-120, 10),
        st.sampled_from(["worked", "failed", "declined", "lapsed", None]),
    ),
    max_size=8,
)


def expected_steps(row: Row, firm: Firm) -> dict[str, int | None]:
    agi, service = row["agi_cents"], row["service_labour_cents"]
    late = row["late_financing_cents"] + row["late_collection_labour_cents"] + row["write_offs_cents"]
    has_shares = agi > 0 and firm.agi_cents > 0
    fair = Fraction(firm.service_labour_cents, firm.agi_cents) * agi if has_shares else Fraction(0)
    excess = max(Fraction(0), service - fair)
    freed = excess * row["service_seconds"] / service if service else Fraction(0)
    scope = None
    if not pd.isna(row["contracted_seconds"]) and row["delivery_seconds"]:
        worked = row["worked_seconds"] - row["collection_seconds"] - int(row["contracted_seconds"])
        beyond = max(Fraction(0), worked - freed)
        scope = half_up(beyond * Fraction(row["delivery_labour_cents"], row["delivery_seconds"]))
    return {
        "collect_cents": late + max(0, row["ecl_movement_cents"]),
        "reduce_cost_to_serve_cents": half_up(excess),
        "renegotiate_scope_cents": scope,
        "freed_service_seconds": half_up(freed),
    }


def expected_gap(row: Row) -> int:
    if row["unrated_reason"]:
        return 0
    if row["ncp_cents"] < 0:
        return -int(row["ncp_cents"])
    to_b = half_up(Fraction(row["agi_cents"], 10) - row["ncp_cents"])
    return {"C": max(0, to_b), "D": max(0, -row["cm3_cents"])}.get(row["published_tier"], 0)


@given(firms, attempts)
@settings(deadline=None, max_examples=20)
def test_the_ladder_equals_its_definition(firm: list[Row], tries: list[tuple[str, str, int, str | None]]) -> None:
    accounts = rated(firm)
    whole = firm_of(accounts)
    short = accounts[[expected_gap(row) > 0 for row in accounts.to_dict("records")]]
    for row, found in paired(short, ladder_of(accounts, attempts_of(tries))):
        expected = expected_steps(row, whole)
        assert {name: None if pd.isna(found[name]) else found[name] for name in expected} == expected
        gap = expected_gap(row)
        steps = ("collect_cents", "reduce_cost_to_serve_cents", "renegotiate_scope_cents")
        closed = sum(expected[name] or 0 for name in steps)
        assert (found["gap_cents"], found["residual_cents"]) == (gap, max(0, gap - closed))
        assert 0 <= found["cash_cents"] <= gap
        assert found["cash_cents"] == min(gap, found["collect_cents"] + found["residual_cents"])
        assert tuple(name for name in REMEDIES if name in found["open_remedies"]) == found["open_remedies"]
        assert found["next_remedy"] == next(iter(found["open_remedies"]), "")
        for name in set(found["open_remedies"]) - {"reprice"}:
            assert 4 * found[f"{name}_cents"] >= gap


@given(firms, attempts, st.randoms())
@settings(deadline=None, max_examples=10)
def test_order_of_rows_changes_nothing(
    firm: list[Row], tries: list[tuple[str, str, int, str | None]], random: Any
) -> None:
    accounts = rated(firm)
    mixed_tries = random.sample(tries, len(tries))
    order = random.sample(range(len(accounts)), len(accounts))
    mixed = accounts.iloc[order]
    found = ladder_of(mixed, attempts_of(mixed_tries)).sort_values("account_id", ignore_index=True)
    expected = ladder_of(accounts, attempts_of(tries)).sort_values("account_id", ignore_index=True)
    pd.testing.assert_frame_equal(found, expected)
    pd.testing.assert_frame_equal(levers(mixed, POLICY), levers(accounts, POLICY).iloc[order])


@given(firms, st.integers(-(10**9), 10**9))
@settings(deadline=None, max_examples=20)
def test_asking_at_the_limit_neither_pays_nor_costs(firm: list[Row], expected: int) -> None:
    accounts = rated(firm)
    exits = pd.DataFrame({"account_id": accounts["account_id"], "expected_cents": expected})
    for row, limit in zip(accounts.to_dict("records"), ask_limits(accounts, exits), strict=True):
        has_price = row["agi_cents"] > 0 and row["ncp_cents"] < 0 and late_share(row) < 1
        assert pd.notna(limit) == has_price
        if has_price:
            gain, loss = -row["ncp_cents"], max(0, -expected)
            assert 0 < limit <= 1
            assert abs((1 - limit) * gain - limit * loss) <= 1e-9 * (gain + loss)


@given(firms)
@settings(deadline=None, max_examples=20)
def test_a_lever_moves_the_tier_and_a_unit_less_does_not(firm: list[Row]) -> None:
    accounts = rated(firm)
    limits = {"C": Fraction(0), "B": Fraction(1, 10), "A": Fraction(1, 5)}
    for row, found in paired(accounts, levers(accounts, POLICY)):
        if not found["to_tier"]:
            assert pd.isna([found[name] for name in ("price_cents", "service_seconds", "late_days")]).all()
            continue
        margin, agi = limits[found["to_tier"]], row["agi_cents"]
        profit = row["cm3_cents" if found["to_tier"] == "C" else "ncp_cents"]
        profit = min(row["cm3_cents"], row["ncp_cents"]) if agi <= 0 else profit
        missing = margin * agi - profit
        assert missing > 0
        kept = 1 - margin - late_share(row)
        assert pd.notna(found["price_cents"]) == (agi > 0 and kept > 0)
        if pd.notna(found["price_cents"]):
            assert (found["price_cents"] - 1) * kept < missing <= found["price_cents"] * kept
        service, time = row["service_labour_cents"], row["service_seconds"]
        assert pd.notna(found["service_seconds"]) == (missing <= service and time > 0)
        if pd.notna(found["service_seconds"]):
            second = Fraction(service, time)
            assert (found["service_seconds"] - 1) * second < missing <= found["service_seconds"] * second
            assert found["service_seconds"] <= time
        assert pd.notna(found["late_days"]) == (missing <= row["late_financing_cents"] and row["avg_days_late"] > 0)
        if pd.notna(found["late_days"]):
            assert 0 < found["late_days"] <= row["avg_days_late"]


@given(firms)
@settings(deadline=None, max_examples=10)
def test_the_stated_price_lifts_the_account_in_the_whole_portfolio(firm: list[Row]) -> None:
    accounts = rated(firm)
    steps = levers(accounts, POLICY).set_index("account_id")
    for account, step in steps[steps["price_cents"].notna()].iterrows():
        row = accounts.set_index("account_id").loc[account]
        rise = int(step["price_cents"])
        # What comes late or never is an exact part of the rise; rounded to a cent, it could miss the limit by less.
        gain = rise - floor(late_share(row.to_dict()) * rise)
        own = accounts["account_id"] == account
        raised = accounts.assign(
            **{
                name: accounts[name].where(~own, accounts[name] + more)
                for name, more in {
                    "net_revenue_cents": rise,
                    "agi_cents": rise,
                    "cm3_cents": gain,
                    "ncp_cents": gain,
                }.items()
            }
        )
        tiers = assign_tiers(raised, POLICY).set_index("account_id")["indicative_tier"]
        assert tiers[account] <= step["to_tier"]
