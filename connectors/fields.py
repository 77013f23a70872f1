"""Read `config/fields.toml`: the CRM fields that we own or read."""

from __future__ import annotations

import tomllib
from dataclasses import fields as dataclass_fields
from pathlib import Path
from typing import Any

from connectors.base import FieldSpec
from profitability.errors import WhalecurveError

_CRMS = ("salesforce", "hubspot")
_OWN_KEYS = {field.name for field in dataclass_fields(FieldSpec)} - {"key", "names"}


class FieldFileError(WhalecurveError):
    """The field file does not say what a field needs."""

    code = "WC-012"


def load_fields(path: Path) -> tuple[FieldSpec, ...]:
    """Return the fields in the order of the file.

    Raises:
        FieldFileError: not TOML, an unknown or missing key, or one CRM name used twice.
    """
    try:
        tables: dict[str, dict[str, Any]] = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise FieldFileError(
            str(error), where=str(path), remedy="Mend the file; `whalecurve init` wrote a whole one."
        ) from error
    specs = tuple(_field(key, table, path) for key, table in tables.items())
    for crm in _CRMS:
        names = [spec.names[crm] for spec in specs]
        if len(set(names)) != len(names):
            raise FieldFileError(
                f"a {crm} name is used by two fields", where=str(path), remedy="Give each field its own name."
            )
    return specs


def _field(key: str, table: dict[str, Any], path: Path) -> FieldSpec:
    unknown = set(table) - _OWN_KEYS - set(_CRMS)
    if unknown:
        raise FieldFileError(f"unknown key {min(unknown)!r} in [{key}]", where=str(path), remedy="Remove or rename it.")
    try:
        own = {name: value for name, value in table.items() if name in _OWN_KEYS}
        return FieldSpec(key=key, names={crm: table[crm] for crm in _CRMS}, **own)
    except (KeyError, TypeError) as error:
        raise FieldFileError(
            f"[{key}] lacks {error}", where=str(path), remedy="Add the key; other fields show how."
        ) from error


def fields_of_profile(fields: tuple[FieldSpec, ...], profile: str) -> tuple[FieldSpec, ...]:
    """Return the fields that a profile uses: `tier-only` leaves the money fields out."""
    return tuple(spec for spec in fields if spec.profile == "tier" or profile == "tier-and-money")
