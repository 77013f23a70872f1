"""Groups of accounts against a plain walk from parent to parent."""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from typing import Any

import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from profitability.errors import DataError
from profitability.groups import group_ids, group_totals, member_rows

Firm = dict[str, tuple[Any, ...]]
"""Account -> parent, is_matched, contracted time, AGI, whether it has facts."""

firms = st.dictionaries(
    st.sampled_from([f"{index:02d}" for index in range(8)]),
    st.tuples(
        st.one_of(st.none(), st.sampled_from([f"{index:02d}" for index in range(10)])),
        st.sampled_from([True, True, True, False]),
        st.one_of(st.none(), st.integers(0, 100)),
        st.integers(-1_000, 1_000),
        st.booleans(),
    ),
    min_size=1,
)


def tops_of(firm: Firm) -> dict[str, str] | None:
    """Walk from parent to parent; None where the way is a circle."""
    controls = {name: row[0] for name, row in firm.items() if row[1] and row[0] in firm and firm[row[0]][1]}
    tops = {}
    for name in firm:
        top = name
        for _ in firm:
            top = controls.get(top, top)
        if top in controls:
            return None
        tops[name] = top
    return tops


def accounts_of(firm: Firm) -> pd.DataFrame:
    rows = [(name, f"N{name}", row[1], row[0]) for name, row in firm.items()]
    table = pd.DataFrame(rows, columns=["account_id", "name", "is_matched", "parent_id"])
    return table.astype({"account_id": "str", "name": "str", "parent_id": "str"})


def totals_of(firm: Firm) -> pd.DataFrame:
    own = {name: row for name, row in sorted(firm.items()) if row[4]}
    return pd.DataFrame(
        {
            "account_id": pd.Series(list(own), dtype="str"),
            "name": pd.Series([f"N{name}" for name in own], dtype="str"),
            "is_matched": pd.Series([row[1] for row in own.values()], dtype="bool"),
            "started_on": pd.Series([date(2025, 1, 1 + int(name)) for name in own], dtype="datetime64[us]"),
            "last_active": pd.Series([date(2025, 2, 1 + int(name)) for name in own], dtype="datetime64[us]"),
            "agi_cents": pd.Series([row[3] for row in own.values()], dtype="int64"),
            "contracted_seconds": pd.Series([row[2] for row in own.values()], dtype="Int64"),
        }
    )


@settings(max_examples=50, deadline=None)
@given(firm=firms)
def test_everybody_finds_the_top_or_the_circle_is_named(firm: Firm) -> None:
    tops = tops_of(firm)
    if tops is not None:
        assert group_ids(accounts_of(firm)).to_dict() == tops
        return
    with pytest.raises(DataError, match="each other's parent") as refused:
        group_ids(accounts_of(firm))
    circle = refused.value.what.split(": ")[1].split(" -> ")
    assert circle[0] == circle[-1] == min(circle)
    assert all(firm[child][0] == parent for child, parent in pairwise(circle))


@settings(max_examples=40, deadline=None)
@given(firm=firms)
def test_groups_add_up(firm: Firm) -> None:
    tops = tops_of(firm)
    assume(tops is not None)
    accounts, totals = accounts_of(firm), totals_of(firm)
    grouped = group_totals(totals, group_ids(accounts), accounts)
    own = [name for name in sorted(firm) if firm[name][4]]
    assert list(grouped["account_id"]) == sorted({tops[name] for name in own})
    assert grouped.dtypes.to_dict() == totals.dtypes.to_dict()
    for row in grouped.to_dict("records"):
        inside = [name for name in own if tops[name] == row["account_id"]]
        assert row["name"] == f"N{row['account_id']}"
        assert row["agi_cents"] == sum(firm[name][3] for name in inside)
        known = [firm[name][2] for name in inside if firm[name][2] is not None]
        assert row["contracted_seconds"] == sum(known) if known else pd.isna(row["contracted_seconds"])
        assert row["started_on"].day == 1 + min(int(name) for name in inside)
        assert row["last_active"].day == 1 + max(int(name) for name in inside)


@settings(max_examples=40, deadline=None)
@given(firm=firms)
def test_groups_come_apart_again(firm: Firm) -> None:
    tops = tops_of(firm)
    assume(tops is not None)
    accounts, totals = accounts_of(firm), totals_of(firm)
    groups = group_ids(accounts)
    grouped = group_totals(totals, groups, accounts)
    rated = grouped.assign(tier=[f"T{name}" for name in grouped["account_id"]])[::-1]
    rows = member_rows(rated, totals, groups, ["tier"])
    own = [name for name in firm if firm[name][4]]
    carried = sorted({*own, *(tops[name] for name in own)})
    assert list(rows["account_id"]) == sorted(carried, key=lambda name: (-int(tops[name]), name))
    assert list(rows.columns) == [*totals.columns, "tier", "group_id", "is_group"]
    for row in rows.to_dict("records"):
        name = row["account_id"]
        assert (row["group_id"], row["tier"]) == (tops[name], f"T{tops[name]}")
        assert row["is_group"] == (list(tops.values()).count(tops[name]) > 1)
        assert row["agi_cents"] == (firm[name][3] if name in own else 0)
        assert pd.isna(row["started_on"]) == (name not in own)
