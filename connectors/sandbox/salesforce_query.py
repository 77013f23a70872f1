"""Answer SOQL from the store: check names and types, filter, order, page."""

from __future__ import annotations

import operator
import re
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from connectors.sandbox.ids import parse_salesforce_id
from connectors.sandbox.salesforce_values import SalesforceError, is_moment, no_such_column, parse_moment, row_of, shown
from connectors.sandbox.schema import FieldDef, Schema, is_plain_date
from connectors.sandbox.soql import Comparison, Literal, Query, SoqlError, parse_soql
from connectors.sandbox.store import Cell, Record, Records

LARGEST_PAGE = 2000
SMALLEST_PAGE = 200
_LITERAL_KIND: Mapping[str, str] = {
    "date": "moment",
    "datetime": "moment",
    "number": "number",
    "currency": "number",
    "percent": "number",
    "checkbox": "word",
}
_OPEN_CURSORS = 100

Sortable: TypeAlias = str | float | bool | datetime


@dataclass(frozen=True, slots=True)
class _Cursor:
    """An answer that is longer than a page: the ids were settled when the query ran."""

    query: Query
    ids: tuple[str, ...]
    page_size: int


class QueryRunner:
    """Runs queries and remembers where their answers go on."""

    def __init__(self, records: Records, schema: Schema) -> None:
        self._records, self._schema = records, schema
        self._cursors: OrderedDict[str, _Cursor] = OrderedDict()
        self._opened = 0

    def run(self, text: str, *, version: str, page_size: int, with_deleted: bool) -> dict[str, Any]:
        """Return the first page of an answer.

        Raises:
            SalesforceError: malformed, or names an object or field that we do not see.
        """
        try:
            query = parse_soql(text)
        except SoqlError as error:
            raise SalesforceError("MALFORMED_QUERY", str(error)) from error
        self._check(query)
        ids = self._matching(query, with_deleted=with_deleted)
        if not query.fields:
            return {"totalSize": len(ids), "done": True, "records": []}
        return self._page(_Cursor(query, ids, page_size), 0, version=version, name="")

    def go_on(self, locator: str, *, version: str) -> dict[str, Any]:
        """Return a later page, named by the `nextRecordsUrl` of the one before."""
        name, _, offset = locator.rpartition("-")
        cursor = self._cursors.get(name)
        if cursor is None or not offset.isdigit():
            raise SalesforceError("INVALID_QUERY_LOCATOR", "invalid query locator")
        return self._page(cursor, int(offset), version=version, name=name)

    def _page(self, cursor: _Cursor, start: int, *, version: str, name: str) -> dict[str, Any]:
        end = start + cursor.page_size
        found = (self._records.find(cursor.query.object, record_id) for record_id in cursor.ids[start:end])
        page = {
            "totalSize": len(cursor.ids),
            "done": end >= len(cursor.ids),
            "records": [self._selected(cursor.query, record, version) for record in found if record],
        }
        if not page["done"]:
            page["nextRecordsUrl"] = f"/services/data/v{version}/query/{name or self._open(cursor)}-{end}"
        return page

    def _open(self, cursor: _Cursor) -> str:
        self._opened += 1
        name = f"01g{self._opened:012d}AAA"
        self._cursors[name] = cursor
        if len(self._cursors) > _OPEN_CURSORS:
            self._cursors.popitem(last=False)
        return name

    def _matching(self, query: Query, *, with_deleted: bool) -> tuple[str, ...]:
        tests = {each: self._test(query, each) for each in query.comparisons}
        rows = [
            row
            for row in self._candidates(query)
            if (with_deleted or not row["IsDeleted"]) and query.condition(lambda each: tests[each](row))  # noqa: B023 - used at once
        ]
        for path, descends in reversed(query.order_by):
            rows.sort(key=lambda row: self._sort_key(query, row, path), reverse=descends)
        return tuple(row["Id"] for row in rows[: query.limit])

    def _candidates(self, query: Query) -> Iterator[dict[str, Any]]:
        """Yield the rows that may match: the named ones where a query names ids, else all."""
        for each in query.comparisons if query.is_plain else ():
            if each.path.lower() == "id" and each.operator in {"=", "IN"}:
                ids = sorted({parse_salesforce_id(literal.value) or "" for literal in each.literals})
                found = (self._records.find(query.object, record_id) for record_id in ids)
                return (row_of(record) for record in found if record)
        return (row_of(record) for record in self._records.scan(query.object))

    def _test(self, query: Query, comparison: Comparison) -> Callable[[Mapping[str, Any]], bool]:
        """Return a comparison as a test of a row."""
        each = self._field_of(query, comparison.path)
        wanted = [_comparable(each, literal.value) for literal in comparison.literals]
        if comparison.operator in {"IN", "NOT IN"}:
            return lambda row: (self._key(query, row, comparison.path) in wanted) == (comparison.operator == "IN")
        test = _OPERATORS[comparison.operator]
        return lambda row: test(self._key(query, row, comparison.path), wanted[0])

    def _sort_key(self, query: Query, row: Mapping[str, Any], path: str) -> tuple[bool, Any]:
        key = self._key(query, row, path)
        return (key is not None, key if key is not None else "")

    def _key(self, query: Query, row: Mapping[str, Any], path: str) -> Sortable | None:
        each, owner = self._resolve(query, row, path)
        return _comparable(each, shown(each, owner))

    def _selected(self, query: Query, record: Record, version: str) -> dict[str, Any]:
        row = row_of(record)
        answer = _attributes(query.object, record.id, version)
        for path in query.fields:
            each, owner = self._resolve(query, row, path)
            relation, _, leaf = path.rpartition(".")
            if not relation:
                answer[each.name] = shown(each, owner)
            elif not owner:
                answer.setdefault(relation, None)
            else:
                parent = answer.setdefault(relation, _attributes("Account", str(owner["Id"]), version))
                parent[leaf] = shown(each, owner)
        return answer

    def _resolve(self, query: Query, row: Mapping[str, Any], path: str) -> tuple[FieldDef, Mapping[str, Any]]:
        """Return the field that a path ends at and the row that holds it; no row: the parent is blank."""
        relation, _, leaf = path.rpartition(".")
        fields = self._schema.fields(query.object)
        if not relation:
            return _field(fields, leaf), row
        reference = fields[f"{relation}Id"]
        parent_id = row.get(reference.name)
        parent = self._records.find(reference.refers_to, parent_id) if parent_id else None
        return self._schema.fields(reference.refers_to)[leaf], row_of(parent) if parent else {}

    def _check(self, query: Query) -> None:
        if query.object not in self._schema.objects:
            raise SalesforceError("INVALID_TYPE", f"sObject type '{query.object}' is not supported.")
        for path in query.paths:
            self._field_of(query, path)
        for each in query.comparisons:
            for literal in each.literals:
                _check_literal(self._field_of(query, each.path), literal)

    def _field_of(self, query: Query, path: str) -> FieldDef:
        relation, _, leaf = path.rpartition(".")
        fields, object_name = self._schema.fields(query.object), query.object
        if relation:
            reference = fields.get(f"{relation}Id")
            if reference is None or not reference.refers_to:
                raise SalesforceError("INVALID_FIELD", f"Didn't understand relationship '{relation}' in field path.")
            object_name = reference.refers_to
            fields = self._schema.fields(object_name)
        if leaf.lower() not in {name.lower() for name in fields}:
            place = query.text.find(leaf) + 1
            raise no_such_column(leaf, object_name, f"\n{query.text}\nERROR at Row:1:Column:{place}\n")
        return _field(fields, leaf)


def _field(fields: Mapping[str, FieldDef], name: str) -> FieldDef:
    """Return a field by a name in any case, as SOQL does."""
    return fields.get(name) or next(each for key, each in fields.items() if key.lower() == name.lower())


def _attributes(object_name: str, record_id: str, version: str) -> dict[str, Any]:
    url = f"/services/data/v{version}/sobjects/{object_name}/{record_id}"
    return {"attributes": {"type": object_name, "url": url}}


def _check_literal(each: FieldDef, literal: Literal) -> None:
    if literal.value is None:
        return
    if each.type in {"id", "reference"}:
        if parse_salesforce_id(literal.value) is None:
            raise SalesforceError("INVALID_QUERY_FILTER_OPERATOR", f"{each.name}: invalid ID field: {literal.value}")
        return
    if literal.kind != _LITERAL_KIND.get(each.type, "string"):
        enclosed = "should not be" if literal.kind == "string" else "should be"
        raise SalesforceError(
            "INVALID_FIELD",
            f"value of filter criterion for field '{each.name}' must be of type {each.type} and {enclosed} "
            "enclosed in quotes",
        )
    if literal.kind == "moment" and not (is_plain_date if each.type == "date" else is_moment)(literal.value):
        raise SalesforceError("INVALID_FIELD", f"'{literal.value}' is no {each.type} for field '{each.name}'")


def _comparable(each: FieldDef, value: Cell) -> Sortable | None:
    """Return a value as conditions compare it: text without case, numbers as float, ids whole."""
    if value is None or isinstance(value, bool):
        return value
    if each.type in {"id", "reference"}:
        return parse_salesforce_id(value)
    if each.type == "datetime":
        return parse_moment(str(value))
    return value.casefold() if isinstance(value, str) else float(value)


def _like(found: object, wanted: object) -> bool:
    pattern = re.escape(str(wanted)).replace("%", ".*").replace("_", ".")
    return found is not None and re.fullmatch(pattern, str(found), re.DOTALL) is not None


def _unless_null(test: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    return lambda found, wanted: None not in (found, wanted) and test(found, wanted)


_OPERATORS: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<>": operator.ne,
    "<": _unless_null(operator.lt),
    "<=": _unless_null(operator.le),
    ">": _unless_null(operator.gt),
    ">=": _unless_null(operator.ge),
    "LIKE": _like,
}
