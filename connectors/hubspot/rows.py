"""One record of an answer, read with types."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

from connectors.base import FieldSpec, FieldValue
from connectors.errors import CrmAnswerError
from connectors.hubspot.answers import Json, record_id
from connectors.hubspot.values import from_hubspot

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Row:
    """The properties of one record. A property that cannot be read raises `CrmAnswerError`, which does not quote it."""

    id: str
    where: str
    properties: Mapping[str, Any] = field(repr=False)

    def read(self, name: str, parse: Callable[[str], T]) -> T | None:
        """Return a property through `parse`, blank as None."""
        stored = self.properties.get(name)
        if stored is None or stored == "":
            return None
        if not isinstance(stored, str):
            raise CrmAnswerError(
                f"{name} is not a string", where=self.where, remedy="Run again; report it if it stays."
            )
        try:
            return parse(stored)
        except ValueError as error:
            raise CrmAnswerError(
                f"{name} is {error}", where=self.where, remedy="Correct the value in HubSpot, then run again."
            ) from None  # the cause would quote the value

    def text(self, name: str) -> str | None:
        """Return a property without surrounding space, blank as None."""
        return self.read(name, str.strip) or None


def row_of(record: Json, *, where: str) -> Row:
    """Return the row of a record.

    Raises:
        CrmAnswerError: it has no numeric id or no properties.
    """
    number = record_id(record, where=where)
    properties = record.get("properties")
    if not isinstance(properties, Mapping):
        raise CrmAnswerError("the record has no properties", where=f"{where} record {number}", remedy="Run again.")
    return Row(number, f"{where} record {number}", properties)


def field_values(row: Row, fields: Sequence[FieldSpec]) -> dict[str, FieldValue]:
    """Return the values of our fields by key, blank as None."""
    return {spec.key: row.read(spec.names["hubspot"], partial(from_hubspot, spec)) for spec in fields}
