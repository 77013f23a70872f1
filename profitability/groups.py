"""Accounts under common control: rated as one at their top parent, their statements kept apart.

ASC 280-10-50-42 and IFRS 8.34 count a group of entities under common control as a single account.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from profitability.errors import DataError
from profitability.ratios import INT64_MAX


def group_ids(accounts: pd.DataFrame) -> pd.Series[str]:
    """Find the top parent of every account.

    Args:
        accounts: the fact table. A parent that is not in it, or is no account (is_matched false), counts as none;
            a party that is no account has no parent.

    Returns:
        str by account_id: the account itself where nobody controls it.

    Raises:
        DataError: accounts control each other in a circle; its accounts are named.
    """
    ids = pd.Index(accounts["account_id"])
    is_account = accounts["is_matched"].to_numpy(dtype=bool)
    names_parent = is_account & accounts["parent_id"].notna().to_numpy(dtype=bool)
    found = np.full(len(ids), -1)
    found[names_parent] = ids.get_indexer(pd.Index(accounts["parent_id"][names_parent]))
    is_child = (found >= 0) & is_account[found]
    parent = np.where(is_child, found, np.arange(len(ids)))
    top = parent
    # Every pass doubles the steps taken towards the top, so this many reach it from any depth.
    for _ in range(len(ids).bit_length()):
        if not is_child[top].any():
            break
        top = top[top]
    if is_child[top].any():
        raise _circle(ids, parent, start=int(np.flatnonzero(is_child[top])[0]))
    return pd.Series(ids.to_numpy()[top], index=ids, dtype="str", name="group_id")


def _circle(ids: pd.Index[str], parent: npt.NDArray[np.int64], *, start: int) -> DataError:
    """Name the circle that the parents of one account lead into."""
    place = start
    for _ in range(len(ids)):
        place = int(parent[place])
    members = [place]
    while int(parent[members[-1]]) != place:
        members.append(int(parent[members[-1]]))
    first = members.index(min(members, key=lambda member: str(ids[member])))
    names = [str(ids[member]) for member in (*members[first:], *members[:first], members[first])]
    return DataError(
        f"accounts are each other's parent: {' -> '.join(names)}",
        where="accounts.parent_id",
        remedy="correct the parent of one of them in the CRM",
    )


def group_totals(totals: pd.DataFrame, groups: pd.Series[str], accounts: pd.DataFrame) -> pd.DataFrame:
    """Add up the accounts of each group.

    Args:
        totals: one row per account with a fact, as `measures.account_totals` returns them.
        groups: from `group_ids`.
        accounts: the fact table, for the name of a parent that has no facts of its own.

    Returns:
        One row per group, ordered by account_id, in the columns and dtypes of `totals`: account_id, name and
        is_matched of the top parent, started_on the earliest, last_active the latest, every number summed; a number
        that may be null is null only where no member has one. Without groups the frame itself.

    Raises:
        DataError: numbers of a group can add up to more than 64 bits hold.
    """
    top = groups.reindex(totals["account_id"]).to_numpy()
    if (top == totals["account_id"].to_numpy()).all():
        return totals
    grouped = totals.assign(account_id=top).groupby("account_id")
    numbers = totals.select_dtypes("number").columns
    _refuse_unsafe_sums(totals[numbers], top)
    may_be_null = [column for column in numbers if _may_be_null(totals[column])]
    summed = grouped[[column for column in numbers if column not in may_be_null]].sum()
    parents = accounts.set_index("account_id").reindex(summed.index)
    whole: pd.DataFrame = summed.assign(
        **{column: grouped[column].sum(min_count=1) for column in may_be_null},
        name=parents["name"],
        is_matched=parents["is_matched"],
        started_on=grouped["started_on"].min(),
        last_active=grouped["last_active"].max(),
    )
    dtypes = {str(column): dtype for column, dtype in totals.dtypes.items()}
    return whole.reset_index()[list(totals.columns)].astype(dtypes)


def _refuse_unsafe_sums(numbers: pd.DataFrame, top: npt.NDArray[np.object_]) -> None:
    """Refuse what may not fit after it is summed: numpy would wrap without a word."""
    sizes = numbers.astype("float64").abs().groupby(top).sum()
    unsafe = (sizes > INT64_MAX // 2).any(axis=1)
    if unsafe.any():
        raise DataError(
            f"numbers of a group add up to more than 64 bits hold: {unsafe.index[unsafe][0]}",
            where="accounts",
            remedy="look for a misread decimal mark in the exports",
        )


def member_rows(
    rated: pd.DataFrame, totals: pd.DataFrame, groups: pd.Series[str], shared: Sequence[str]
) -> pd.DataFrame:
    """Return to one row per account: its own figures beside the verdict of its group.

    A top parent without facts of its own carries the verdict too; its own figures are 0, its dates null.

    Args:
        rated: one row per group, with the columns of `totals` and those to share.
        totals: one row per account with a fact.
        groups: from `group_ids`.
        shared: columns that every member takes from its group.

    Returns:
        The columns of `totals` with the account's own values, then those shared (which win where a name is in both),
        group_id str and is_group bool (the group has more than one account, with facts or without). Ordered as
        `rated`, within a group by account_id.
    """
    own = _with_parents(rated, totals)
    found = groups.index.get_indexer(pd.Index(own["account_id"]))
    group_id = groups.iloc[found]
    place = pd.Index(rated["account_id"]).get_indexer(pd.Index(group_id))
    order = np.argsort(place, kind="stable")
    taken = rated[list(shared)].iloc[place[order]].reset_index(drop=True)
    return (
        own.drop(columns=list(shared), errors="ignore")
        .iloc[order]
        .reset_index(drop=True)
        .join(taken)
        .assign(
            group_id=group_id.to_numpy()[order],
            is_group=groups.duplicated(keep=False).to_numpy()[found][order],
        )
        .astype({"group_id": "str"})
    )


def _with_parents(rated: pd.DataFrame, totals: pd.DataFrame) -> pd.DataFrame:
    """Return the totals by account_id, with a row for every top parent that has no facts of its own."""
    has_facts = pd.Index(totals["account_id"]).get_indexer(pd.Index(rated["account_id"])) >= 0
    lacking = rated.loc[~has_facts, list(totals.columns)]
    if lacking.empty and totals["account_id"].is_monotonic_increasing:
        return totals
    empty = {
        column: pd.Series(None if _may_be_null(totals[column]) else 0, lacking.index, dtype=totals[column].dtype)
        for column in totals.select_dtypes("number").columns
    }
    parents: pd.DataFrame = lacking.assign(**empty, started_on=None, last_active=None).astype(totals.dtypes.to_dict())
    return pd.concat([totals, parents]).sort_values("account_id", ignore_index=True)


def _may_be_null(column: pd.Series[int]) -> bool:
    return isinstance(column.dtype, pd.Int64Dtype)
