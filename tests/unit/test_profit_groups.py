"""Groups of accounts: who counts as a parent, what is refused, and what happens without any."""

from __future__ import annotations

from dataclasses import fields
from itertools import permutations

import pandas as pd
import pytest

from profitability.errors import DataError
from profitability.facts import SCHEMAS
from profitability.groups import group_ids, group_totals, member_rows
from profitability.posted import Circumstances
from profitability.rating import by_group


def accounts(*rows: tuple[str, str | None, bool]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["account_id", "parent_id", "is_matched"])
    return table.assign(name=table["account_id"].str.upper()).astype(
        {"account_id": "str", "parent_id": "str", "name": "str", "is_matched": "bool"}
    )


def totals(*rows: tuple[str, int]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["account_id", "ncp_cents"]).astype({"account_id": "str", "ncp_cents": "int64"})
    return table.assign(
        name=table["account_id"].str.upper(),
        is_matched=True,
        started_on=pd.Timestamp(2020, 1, 1),
        last_active=pd.Timestamp(2025, 12, 1),
        contracted_seconds=pd.array([None] * len(table), dtype="Int64"),
    )


def test_a_long_chain_ends_at_its_top() -> None:
    names = [f"a{place:04d}" for place in range(1_000)]
    chain = accounts(*((name, parent, True) for name, parent in zip(names, [None, *names], strict=False)))
    assert set(group_ids(chain)) == {"a0000"}
    assert set(group_ids(chain.sample(frac=1, random_state=1))) == {"a0000"}


def test_a_circle_is_refused_by_its_names_and_not_by_who_leads_into_it() -> None:
    circle = accounts(("x", "c", True), ("b", "c", True), ("c", "d", True), ("d", "b", True))
    with pytest.raises(DataError) as refused:
        group_ids(circle)
    assert refused.value.what == "accounts are each other's parent: b -> c -> d -> b"
    assert refused.value.where == "accounts.parent_id"
    with pytest.raises(DataError, match="a -> a"):
        group_ids(accounts(("a", "a", True)))


def test_unknown_parents_and_parties_without_an_account_make_no_group() -> None:
    found = group_ids(
        accounts(
            ("a", "gone", True),
            ("b", "unmatched:x", True),
            ("unmatched:x", "a", False),
        )
    )
    assert list(found) == list(found.index)


def test_without_groups_nothing_changes() -> None:
    known = accounts(("a", None, True), ("b", None, True), ("prospect", None, True))
    given = totals(("a", 5), ("b", -3))
    groups = group_ids(known)
    assert group_totals(given, groups, known) is given

    rated = given.assign(rank=[2, 1]).sort_values("rank")
    rows = member_rows(rated, given, groups, ["rank"])
    expected = rated.assign(group_id=rated["account_id"], is_group=False).reset_index(drop=True)
    pd.testing.assert_frame_equal(rows[list(expected.columns)], expected)


def test_a_parent_without_facts_carries_the_sum_and_gets_a_row_of_its_own() -> None:
    known = accounts(("holding", None, True), ("north", "holding", True), ("south", "holding", True))
    given = totals(("north", 500), ("south", -800))
    groups = group_ids(known)
    grouped = group_totals(given, groups, known)
    assert grouped[["account_id", "name", "ncp_cents"]].to_dict("records") == [
        {"account_id": "holding", "name": "HOLDING", "ncp_cents": -300}
    ]
    rows = member_rows(grouped.assign(tier="D"), given, groups, ["tier"])
    assert list(rows["account_id"]) == ["holding", "north", "south"]
    assert list(rows["ncp_cents"]) == [0, 500, -800]
    assert list(rows["tier"]) == ["D", "D", "D"]
    assert rows["is_group"].all()
    assert rows["started_on"].isna().to_list() == [True, False, False]
    assert rows["contracted_seconds"].isna().all()


def test_a_sum_that_may_not_fit_is_refused_and_never_wraps() -> None:
    known = accounts(("top", None, True), ("a", "top", True), ("b", "top", True), ("c", None, True))
    huge = totals(("a", 2**62), ("b", 2**62), ("c", 5))
    with pytest.raises(DataError, match="64 bits hold: top"):
        group_totals(huge, group_ids(known), known)
    apart = accounts(("top", None, True), ("a", "top", True), ("b", None, True), ("c", "top", True))
    summed = group_totals(totals(("a", 2**61), ("b", 2**61 + 7), ("c", 5)), group_ids(apart), apart)
    assert summed.set_index("account_id")["ncp_cents"].to_dict() == {"b": 2**61 + 7, "top": 2**61 + 5}


def test_a_shared_column_takes_the_value_of_the_group() -> None:
    known = accounts(("a", None, True), ("b", "a", True))
    given = totals(("a", 1), ("b", 2))
    groups = group_ids(known)
    rows = member_rows(group_totals(given, groups, known), given, groups, ["ncp_cents"])
    assert list(rows["ncp_cents"]) == [3, 3]


def test_of_contracts_that_end_together_the_longest_notice_counts_in_any_order() -> None:
    names = ("holding", "north", "south")
    groups = pd.Series("holding", index=pd.Index(names), dtype="str")
    contracts = pd.DataFrame(
        {
            "account_id": names,
            "ends_on": pd.Timestamp(2026, 6, 30),
            "notice_days": pd.array([30, 90, 60], dtype="Int64"),
            "renewal_months": pd.array([None, None, 6], dtype="Int64"),
            "satisfaction_e6": pd.array([None, 5_000_000, None], dtype="Int64"),
        }
    )
    empty = {
        field.name: pd.DataFrame({column.name: pd.Series(dtype="str") for column in SCHEMAS[field.name].columns})
        for field in fields(Circumstances)
    }
    for order in permutations(range(len(names))):
        given = Circumstances(**empty | {"contracts": contracts.iloc[list(order)]})
        chosen = by_group(given, groups).contracts
        assert chosen[["account_id", "notice_days"]].to_numpy().tolist() == [["holding", 90]]
