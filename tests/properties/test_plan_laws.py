"""Laws of the plan, for any accounts, values and history."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import hypothesis.strategies as st
from hypothesis import given, settings

from connectors.base import AccountRecord
from connectors.fields import load_fields
from sync.compare import Action, Base
from sync.plan import RUN_FIELD, Plan, WantedFields, make_plan
from sync.values import decoded, encoded, normalised

ALL_FIELDS = load_fields(Path(__file__).parents[2] / "config" / "fields.toml")
USED = {"tier", "tier_since", "reason", "review", "net_12m", "coverage", "run", "decision"}
FIELDS = [spec for spec in ALL_FIELDS if spec.key in USED]  # one of each type and owner
OWN = {spec.key: spec for spec in FIELDS if spec.owner == "product"}
IDS = ["a1", "a2", "a3"]
LAW = settings(deadline=None, max_examples=60)


def values_of(spec):
    match spec.type:
        case "checkbox":
            return st.none() | st.booleans()
        case "date":
            return st.none() | st.dates(date(2026, 1, 1), date(2026, 1, 3))
        case "number" | "currency" | "percent":
            return st.none() | st.decimals(-3, 3, places=3)
        case "picklist":
            return st.none() | st.sampled_from(sorted(spec.values))
        case _:
            return st.none() | st.sampled_from(["", " x", "x", "y\r\nz", "long " * 60])


def some_values(specs):
    return st.fixed_dictionaries({}, optional={spec.key: values_of(spec) for spec in specs})


ids = st.lists(st.sampled_from(IDS), unique=True)
wanted_entries = ids.flatmap(
    lambda own: st.tuples(
        *(st.builds(WantedFields, st.just(i), some_values(OWN.values()), st.just("why")) for i in own)
    )
).map(list)
records = ids.flatmap(
    lambda own: st.tuples(
        *(
            st.builds(AccountRecord, st.just(i), st.just("name"), st.none(), st.none(), st.none(), some_values(FIELDS))
            for i in own
        )
    )
).map(list)
bases = st.lists(st.tuples(st.sampled_from(IDS), st.sampled_from(sorted(OWN))), unique=True).flatmap(
    lambda keys: st.fixed_dictionaries({key: values_of(OWN[key[1]]).map(Base) for key in keys})
)


def plan_of(wanted, current, base, run_id="run-2"):
    return make_plan(wanted, current, base, fields=FIELDS, run_id=run_id, as_of=date(2026, 1, 31))


def applied(plan, current, base):
    """Return the records and the bases after a plan was written without a fault."""
    new = {(change.account_id, field.field): field.new for change in plan.changes for field in change.fields}
    adopted = {(finding.account_id, finding.field): finding.wanted for finding in plan.found(Action.ADOPT)}
    after = [
        AccountRecord(
            record.account_id,
            record.name,
            None,
            None,
            None,
            {**record.values, **{key: value for (account, key), value in new.items() if account == record.account_id}},
        )
        for record in current
    ]
    return after, base | {key: Base(value) for key, value in (new | adopted).items()}


@LAW
@given(wanted_entries, records, bases)
def test_the_second_plan_is_empty(wanted, current, base):
    plan = plan_of(wanted, current, base)
    after, known = applied(plan, current, base)
    second = plan_of(wanted, after, known, run_id="run-3")

    assert second.changes == ()
    assert second.found(Action.ADOPT) == ()
    assert second.new_findings(plan) == ()


@LAW
@given(wanted_entries, records, bases)
def test_only_our_fields_of_accounts_that_exist_are_changed(wanted, current, base):
    plan = plan_of(wanted, current, base)
    after, _known = applied(plan, current, base)

    changed = {change.account_id for change in plan.changes}
    assert changed <= {record.account_id for record in current} & {entry.account_id for entry in wanted}
    assert {field.field for change in plan.changes for field in change.fields} <= set(OWN)
    assert [record.account_id for record in after] == [record.account_id for record in current]
    assert all(len(change.fields) > 1 for change in plan.changes if change.of(RUN_FIELD))


@LAW
@given(wanted_entries, records, bases)
def test_a_change_replaces_a_blank_or_a_value_that_was_ours(wanted, current, base):
    plan = plan_of(wanted, current, base)

    for change in plan.changes:
        for field in change.fields:
            spec = OWN[field.field]
            ours = base.get((change.account_id, field.field))
            assert field.old != field.new
            assert field.old == normalised(spec, ours.value if ours else None)


@LAW
@given(wanted_entries, records, bases, st.randoms(use_true_random=False))
def test_the_digest_ignores_the_order_of_what_comes_in(wanted, current, base, random):
    plan = plan_of(wanted, current, base)
    shuffled_base = dict(random.sample(sorted(base.items(), key=str), len(base)))
    random.shuffle(wanted)
    random.shuffle(current)

    assert plan_of(wanted, current, shuffled_base).digest == plan.digest


@LAW
@given(wanted_entries, records, bases)
def test_every_wanted_field_is_counted_once(wanted, current, base):
    plan = plan_of(wanted, current, base)
    seen = {record.account_id for record in current}
    compared = sum(len(entry.values.keys() - {RUN_FIELD}) for entry in wanted if entry.account_id in seen)

    decided = [field.field for change in plan.changes for field in change.fields]
    decided += [finding.field for finding in plan.findings]
    assert len([key for key in decided if key != RUN_FIELD]) + plan.unchanged_fields == compared
    assert plan.accounts + len(plan.absent) == len(wanted)


@LAW
@given(wanted_entries, records, bases)
def test_the_text_form_is_exact(wanted, current, base):
    plan = plan_of(wanted, current, base)

    assert Plan.from_json(plan.to_json()) == plan


@LAW
@given(st.sampled_from(FIELDS).flatmap(lambda spec: st.tuples(st.just(spec), values_of(spec))))
def test_one_form_per_value_and_exact_both_ways(case):
    spec, value = case
    form = normalised(spec, value)

    assert normalised(spec, form) == form
    assert decoded(encoded(form)) == form
    assert not isinstance(form, Decimal) or -form.as_tuple().exponent == spec.scale
