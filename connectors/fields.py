"""Read `config/fields.toml`: the CRM fields that we own or read."""

from __future__ import annotations

import tomllib
from dataclasses import fields as dataclass_fields
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from connectors.base import FieldSpec
from profitability.errors import WhalecurveError

_CRMS = ("salesforce", "hubspot")
_SPEC = TypeAdapter(FieldSpec)
_OWN_KEYS = {field.name for field in dataclass_fields(FieldSpec)} - {"key", "names"}


class FieldFileError(WhalecurveError):
    """The field file does not say what a field needs."""

    code = "WC-012"


def load_fields(path: Path) -> tuple[FieldSpec, ...]:
    """Return the fields in the order of the file.

    Raises:
        FieldFileError: the file cannot be read, is not TOML, a key is unknown, missing or of another kind, or one CRM
            name is used twice.
    """
    specs = tuple(_field(key, table, path) for key, table in _tables(path).items())
    for crm in _CRMS:
        names = [spec.names[crm] for spec in specs]
        if len(set(names)) != len(names):
            raise FieldFileError(
                f"a {crm} name is used by two fields", where=str(path), remedy="Give each field its own name."
            )
    return specs


def _tables(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise FieldFileError(
            f"cannot be read ({error.strerror})", where=str(path), remedy="Name the file that `whalecurve init` wrote."
        ) from error
    except ValueError as error:  # not TOML, or not UTF-8
        raise FieldFileError(
            str(error), where=str(path), remedy="Mend the file; `whalecurve init` wrote a whole one."
        ) from error


def _field(key: str, table: object, path: Path) -> FieldSpec:
    if not isinstance(table, dict):
        raise FieldFileError(f"{key} is no table", where=str(path), remedy=f"Begin a field with [{key}].")
    unknown = set(table) - _OWN_KEYS - set(_CRMS)
    if unknown:
        raise FieldFileError(f"unknown key {min(unknown)!r} in [{key}]", where=str(path), remedy="Remove or rename it.")
    own = {name: value for name, value in table.items() if name in _OWN_KEYS}
    names = {crm: table.get(crm) for crm in _CRMS}
    try:
        spec = _SPEC.validate_python({"key": key, "names": names, **own})
    except ValidationError as error:
        faults = [f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors()]
        raise _wrong(key, "; ".join(faults).replace("names.", ""), path) from error
    if spec.type == "picklist" and not spec.values:
        raise _wrong(key, "values: a picklist needs them", path)
    return spec


def _wrong(key: str, what: str, path: Path) -> FieldFileError:
    return FieldFileError(f"[{key}] {what}", where=str(path), remedy="Correct these keys; other fields show how.")


def fields_of_profile(fields: tuple[FieldSpec, ...], profile: str) -> tuple[FieldSpec, ...]:
    """Return the fields that a profile uses: `tier-only` leaves the money fields out."""
    return tuple(spec for spec in fields if spec.profile == "tier" or profile == "tier-and-money")
