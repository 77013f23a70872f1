from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from sync.errors import GuardStopError
from sync.guards import GuardLimits, NightFigures, SourceAge, raise_if_tripped, tripped_guards
from sync.plan import AccountChange, FieldChange, Plan

LIMITS = GuardLimits()
QUIET = NightFigures(is_first_run=False, matched_value_cents=100_00, matched_value_before_cents=100_00)


def plan_with(*moves, accounts=100):
    """Return a plan; each move is (field, old, new)."""
    changes = tuple(
        AccountChange(f"a{number}", "why", (FieldChange(*move),)) for number, move in enumerate(moves, start=1)
    )
    return Plan("run-1", date(2026, 10, 31), accounts, changes, (), 0, ())


def names(plan, figures=QUIET, limits=LIMITS):
    return [tripped.name for tripped in tripped_guards(plan, figures, limits)]


TIER = ("tier", "B", "C")
FLAG = ("review", False, True)
UNFLAG = ("review", True, False)
LOST = ("tier", "D", "N")


@pytest.mark.parametrize(
    ("moves", "accounts", "tripped"),
    [
        ([TIER] * 10, 100, []),
        ([TIER] * 11, 100, ["tier_changes"]),
        ([TIER], 1, []),
        ([TIER] * 2, 19, ["tier_changes"]),
        ([TIER] * 2, 20, []),
        ([("tier", None, "B")] * 50, 100, []),
        ([FLAG] * 5, 50, []),
        ([FLAG] * 5, 49, ["new_flags"]),
        ([FLAG] * 6, 10_000, ["new_flags"]),
        ([FLAG], 1, []),
        ([UNFLAG] * 50, 100, []),
        ([("tier", "A", "D")], 10_000, ["a_to_d"]),
        ([("tier", "B", "D")], 10_000, []),
        ([LOST] * 2, 39, ["newly_unrated"]),
        ([LOST] * 2, 40, []),
        ([LOST], 1, []),
        ([("tier", None, "N")] * 60, 100, []),
        ([("reason", "x", "y")] * 100, 100, []),
        ([], 0, []),
    ],
)
def test_guards_on_the_plan_trip_just_beyond_their_limit(moves, accounts, tripped):
    assert names(plan_with(*moves, accounts=accounts)) == tripped


@pytest.mark.parametrize(
    ("now", "before", "tripped"),
    [
        (95, 100, False),
        (94, 100, True),
        (-1, 100, True),
        (0, 0, False),
        (-1, 0, False),
        (-2, -1, False),
        (1, None, False),
    ],
)
def test_matched_value(now, before, tripped):
    figures = replace(QUIET, matched_value_cents=now, matched_value_before_cents=before)

    assert names(plan_with(), figures) == ["matched_value"] * tripped


@pytest.mark.parametrize(
    ("total", "history", "tripped"),
    [
        (50, [100], False),
        (49, [100], True),
        (200, [100], False),
        (201, [100], True),
        (10, [], False),
        (1000, [100, 100, 100, 1000], True),
        (10, [1000, 1000, 1000, 10, 10, 10, 10, 10, 10], False),  # only the last six closes count
        (0, [100], True),
        (150, [100, 200], False),
        (-100, [-100], False),
        (100, [-100], True),
    ],
)
def test_totals_are_compared_with_the_median_of_the_last_six_closes(total, history, tripped):
    figures = replace(QUIET, totals_cents={"revenue": total}, totals_history_cents={"revenue": history})

    assert names(plan_with(), figures) == ["total_revenue"] * tripped


@pytest.mark.parametrize(
    ("kind", "age_days", "tripped"),
    [("time", 3, False), ("time", 4, True), ("accounting", 35, False), ("accounting", 36, True)],
)
def test_a_source_may_be_as_old_as_its_kind_allows(kind, age_days, tripped):
    figures = replace(QUIET, sources=[SourceAge("toggl", kind, age_days)])

    assert names(plan_with(), figures) == ["stale_source"] * tripped


@pytest.mark.parametrize(("now", "tripped"), [({"accounts": 95}, False), ({"accounts": 94}, True), ({}, True)])
def test_a_pull_may_not_be_much_shorter_than_the_last(now, tripped):
    figures = replace(QUIET, pulled=now, pulled_before={"accounts": 100})

    assert names(plan_with(), figures) == ["short_pull"] * tripped


def test_the_first_run_needs_approval_when_it_writes():
    first = replace(QUIET, is_first_run=True)

    assert names(plan_with(("tier", None, "B")), first) == ["first_run"]
    assert names(plan_with(), first) == []


def test_several_guards_are_told_together_with_the_way_to_approve():
    plan = plan_with(*[("tier", "A", "D")] * 12, *[FLAG] * 6)
    tripped = tripped_guards(plan, QUIET, LIMITS)

    assert [guard.name for guard in tripped] == ["tier_changes", "new_flags", "a_to_d"]
    with pytest.raises(GuardStopError) as caught:
        raise_if_tripped(plan, tripped)
    assert str(caught.value) == (
        f"plan {plan.plan_id}: not applied, nothing written: "
        "12 of 100 accounts change their tier (12.0 %, limit 10 %); "
        "newly flagged for review: 6 accounts (limit 5); "
        "from A to D in one step: 12 accounts, first a1 (limit 0)\n"
        "  do: Look at the reasons in the plan. Look at one: whalecurve explain a1. "
        f'If it is right: whalecurve sync --plan {plan.plan_id} --reason "why"'
    )


def test_a_quiet_night_passes():
    raise_if_tripped(plan_with(), tripped_guards(plan_with(), QUIET, LIMITS))
