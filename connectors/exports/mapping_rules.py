"""What one part of a mapping must not say of another: told all at once, each in words for the one who wrote it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain
from typing import TYPE_CHECKING

from connectors.exports.records import KINDS, differing_fields

if TYPE_CHECKING:
    from connectors.exports.mapping import Mapping


def mapping_problems(mapping: Mapping) -> Iterator[str]:
    """Yield what is wrong with a mapping whose parts are sound; kinds first: all else speaks of their fields."""
    kinds = tuple(_kind_problems(mapping))
    rules = (_column_problems, _use_problems, _reference_problems, _sum_problems, _setting_problems)
    yield from kinds or chain.from_iterable(rule(mapping) for rule in rules)


def _kind_problems(mapping: Mapping) -> Iterator[str]:
    for kind in mapping.kinds:
        if kind not in KINDS:
            yield f"record {kind!r} is none of {', '.join(KINDS)}"
            return
    for name in sorted(differing_fields(mapping.kinds) & mapping.columns.keys()):
        yield f"columns.{name} is not the same in {' and '.join(mapping.kinds)}: name it `kind.{name}`"


def _column_problems(mapping: Mapping) -> Iterator[str]:
    fields = mapping.fields()
    for name, column in mapping.columns.items():
        if not name.startswith("_") and name not in fields:
            yield f"columns.{name} is no field of {' or '.join(mapping.kinds)}"
        elif name in fields and column.type not in {None, fields[name].type}:
            yield f"columns.{name}.type must be {fields[name].type}"
    for name, field in fields.items():
        if field.required and name not in mapping.columns and name != mapping.rows.group:
            yield f"columns.{name} is missing: a record cannot do without it"
    if not any(column.column == "required" for column in mapping.columns.values()):
        yield "no column is required, so every file would match"


def _use_problems(mapping: Mapping) -> Iterator[str]:
    for name, column in mapping.columns.items():
        if (column.minus or column.plus) and mapping.column_type(name) != "money":
            yield f"columns.{name}.{'minus' if column.minus else 'plus'} is for money"
        if column.otherwise and mapping.column_type(name) != "duration":
            yield f"columns.{name}.else is for a duration"


def _reference_problems(mapping: Mapping) -> Iterator[str]:
    rows, sign, key = mapping.rows, mapping.sign, mapping.key
    named = [*rows.carry_down, *rows.may_lack, *rows.keep, *rows.drop]
    named += [*sign.fields, sign.column] if sign else []
    named += [*key.once_per, *key.add_up] if key else []
    for check in mapping.check:
        named += [check.sum, *check.per, *([check.equals] if check.equals else [])]
    for name in dict.fromkeys(named):
        if name not in mapping.columns and name != rows.group:
            yield f"{name!r} is used, but is no column of the mapping"


def _sum_problems(mapping: Mapping) -> Iterator[str]:
    for name in (*(check.sum for check in mapping.check), *(mapping.key.add_up if mapping.key else ())):
        if name in mapping.columns and mapping.column_type(name) != "money":
            yield f"{name!r} is added up, which is no money"


def _setting_problems(mapping: Mapping) -> Iterator[str]:
    if mapping.ledger != type(mapping.ledger)() and mapping.read.reader == "table":
        yield "ledger serves built-in readers only"
    if mapping.preamble.company and not re.compile(mapping.preamble.company).groups:
        yield "preamble.company captures nothing: put the name into parentheses"
    if any(check.is_of_group for check in mapping.check) and mapping.rows.group is None:
        yield "a check speaks of {group}, but rows.group is not set"
    if mapping.rows.group_row and mapping.rows.group is None:
        yield "rows.group_row is set, but rows.group is not"
