from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from connectors.base import AccountRecord
from connectors.fields import load_fields
from sync.compare import Action, Base
from sync.errors import PlanError
from sync.plan import FieldChange, Plan, WantedFields, make_plan

FIELDS = load_fields(Path(__file__).parents[2] / "config" / "fields.toml")


def record(account_id, **values):
    return AccountRecord(account_id, f"Name of {account_id}", None, None, None, values)


def plan_of(wanted, current, base=None, run_id="run-2"):
    entries = [WantedFields(account, values, f"why {account}") for account, values in wanted.items()]
    return make_plan(entries, current, base or {}, fields=FIELDS, run_id=run_id, as_of=date(2026, 10, 31))


def test_a_change_says_from_what_to_what_and_why():
    base = {("a1", "tier"): Base("B"), ("a1", "run"): Base("run-1")}
    plan = plan_of({"a1": {"tier": "C"}}, [record("a1", tier="B", run="run-1")], base)

    (change,) = plan.changes
    assert (change.account_id, change.reason) == ("a1", "why a1")
    assert change.fields == (FieldChange("tier", "B", "C"), FieldChange("run", "run-1", "run-2"))


def test_the_run_field_moves_only_beside_another_change():
    base = {("a1", "tier"): Base("B"), ("a1", "run"): Base("run-1")}
    plan = plan_of({"a1": {"tier": "B"}}, [record("a1", tier="B", run="run-1")], base)

    assert plan.changes == ()
    assert plan.unchanged_fields == 1


def test_a_verdict_cannot_set_the_run_field_itself():
    plan = plan_of({"a1": {"tier": "B", "run": "other"}}, [record("a1")])

    assert plan.changes[0].of("run") == FieldChange("run", None, "run-2")


def test_findings_are_told_apart():
    current = [record("a1", tier="B"), record("a2", tier="D"), record("a3", tier="D"), record("a4", tier="D")]
    base = {("a3", "tier"): Base("B"), ("a4", "tier"): Base("C")}
    plan = plan_of({account: {"tier": "B"} for account in ("a1", "a2", "a3", "a4")}, current, base)

    assert [(finding.account_id, finding.action) for finding in plan.findings] == [
        ("a1", Action.ADOPT),
        ("a2", Action.FOREIGN),
        ("a3", Action.OVERRIDE),
        ("a4", Action.CONFLICT),
    ]
    assert plan.changes == ()


def test_a_conflict_in_one_field_leaves_the_other_fields_of_the_record():
    base = {("a1", "tier"): Base("B"), ("a1", "reason"): Base("old")}
    plan = plan_of({"a1": {"tier": "C", "reason": "new"}}, [record("a1", tier="A", reason="old")], base)

    assert [change.field for change in plan.changes[0].fields] == ["reason", "run"]
    assert [finding.field for finding in plan.found(Action.CONFLICT)] == ["tier"]


def test_accounts_without_a_verdict_are_left_alone_and_unseen_ones_are_not_made():
    plan = plan_of({"a1": {"tier": "B"}, "ghost": {"tier": "D"}}, [record("a1"), record("other", tier="A")])

    assert [change.account_id for change in plan.changes] == ["a1"]
    assert plan.absent == ("ghost",)
    assert plan.accounts == 1


@pytest.mark.parametrize("key", ["decision", "decision_until", "decision_note", "colour"])
def test_a_field_that_is_not_ours_is_refused(key):
    with pytest.raises(PlanError, match="not one that we write") as caught:
        plan_of({"a1": {key: "Keep"}}, [record("a1")])

    assert caught.value.where == f"account a1, field {key}"


def test_a_picklist_value_that_the_field_does_not_know_is_refused():
    with pytest.raises(PlanError, match="'E' is not a value of this picklist; expected one of A, B, C, D, N"):
        plan_of({"a1": {"tier": "E"}}, [record("a1")])


def test_an_account_that_is_there_twice_is_refused():
    with pytest.raises(PlanError, match="there twice"):
        plan_of({"a1": {"tier": "B"}}, [record("a1"), record("a1")])


def test_a_plan_survives_its_text_form_exactly():
    values = {"tier": "B", "net_12m": Decimal("-1250.5"), "tier_since": date(2026, 10, 31), "review": True}
    plan = plan_of({"a1": values, "ghost": {}}, [record("a1", net_12m=Decimal("3.00"))])
    back = Plan.from_json(plan.to_json())

    assert back == plan
    assert back.to_json() == plan.to_json()
    assert back.plan_id == plan.digest[:12]


@pytest.mark.parametrize(("old", "new"), [('"B"', '"A"'), ("why a1", "why not"), ('"accounts":1', '"accounts":2')])
def test_a_plan_changed_by_hand_is_refused(old, new):
    text = plan_of({"a1": {"tier": "B"}}, [record("a1")]).to_json()
    assert old in text

    with pytest.raises(PlanError, match="changed after it was made"):
        Plan.from_json(text.replace(old, new))


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"format":1,"plan":{}}', '{"format":1,"plan":[]}'])
def test_what_is_no_plan_is_refused(text):
    with pytest.raises(PlanError, match="not a plan"):
        Plan.from_json(text)


def test_a_plan_of_another_format_is_refused():
    document = json.loads(plan_of({}, []).to_json()) | {"format": 2}

    with pytest.raises(PlanError, match="plan of format 2, expected 1"):
        Plan.from_json(json.dumps(document))


def test_standing_findings_are_told_apart_from_new_ones():
    first = plan_of({"a1": {"tier": "B"}, "a2": {"tier": "B"}}, [record("a1", tier="D"), record("a2")])
    second = plan_of({"a1": {"tier": "C"}, "a2": {"tier": "B"}}, [record("a1", tier="D"), record("a2", tier="N")])

    assert [finding.account_id for finding in second.new_findings(first)] == ["a2"]
    assert [finding.account_id for finding in second.new_findings(None)] == ["a1", "a2"]
