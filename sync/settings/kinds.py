"""The kinds of value that a key can hold, each with the words that say what is expected.

The words are in the JSON schema (`x-expected`), because the schema, the reference page and the error messages
are all made from it: an error never says anything else than the documentation.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Annotated, Any, TypeAlias
from urllib.parse import urlsplit

from iso4217 import Currency
from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from connectors.exports.records import KINDS
from connectors.transport import is_loopback
from sync.settings.problems import shown

_MOST_DIGITS = 6


class RuleError(ValueError):
    """A rule of ours is broken: the sentence for the user, and the key at fault where the rule concerns a table.

    A key further in is dotted (`review.coverage_min`).
    """

    def __init__(self, what: str, *, key: str = "") -> None:
        self.what = what
        self.key = key
        super().__init__(what)


def about(meaning: str, *, unit: str = "", named: str = "") -> Any:  # noqa: ANN401 -- pydantic's Field is typed so
    """Describe a key: its meaning, its unit, and the word for the names of its tables where they can be any."""
    extra: dict[str, Any] = {name: words for name, words in (("x-unit", unit), ("x-named", named)) if words}
    return Field(description=meaning, json_schema_extra=extra)


def _whole_as_decimal(value: object) -> object:
    return Decimal(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _number_schema(words: str, **limits: int) -> WithJsonSchema:
    return WithJsonSchema({"type": "number", **limits, "x-expected": words})


def _known_currency(code: str) -> str:
    try:
        has_units = Currency(code).exponent is not None
    except ValueError:
        has_units = False
    if not has_units:
        hint = f'; write "{code.upper()}"' if code != code.upper() and re.fullmatch(r"[A-Za-z]{3}", code) else ""
        raise RuleError(f"found {shown(code)}; expected a currency code of ISO 4217 such as EUR{hint}")
    return code


def _known_record_kind(kind: str) -> str:
    if kind not in KINDS:
        raise ValueError(kind)
    return kind


def _crm_url(url: str) -> str:
    """Check an address; what is wrong with it is told without the address, which may hold a password."""
    try:
        parts = urlsplit(url)
        has_port_or_none = parts.port != 0
    except ValueError:
        raise RuleError("is not a web address; expected https://host") from None
    if parts.username is not None or parts.password is not None:
        raise RuleError("holds a user name or password; remove it: secrets belong in the environment or .env")
    if parts.scheme not in {"http", "https"} or not parts.hostname or not has_port_or_none or re.search(r"\s", url):
        raise RuleError("is not a web address; expected https://host")
    if parts.scheme == "http" and not is_loopback(url):
        raise RuleError("expected https; plain http is for addresses of this machine only")
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise RuleError("expected the host alone, nothing after it")
    return url.rstrip("/")


def _nonblank(text: str) -> str:
    if not text.strip() or "\0" in text:
        raise ValueError(text)
    return text


Share: TypeAlias = Annotated[
    Decimal,
    BeforeValidator(_whole_as_decimal),
    Field(ge=0, le=1, decimal_places=_MOST_DIGITS),
    _number_schema("a number from 0 to 1 (0.2 is 20 %)", minimum=0, maximum=1),
]
PositiveShare: TypeAlias = Annotated[
    Decimal,
    BeforeValidator(_whole_as_decimal),
    Field(gt=0, le=1, decimal_places=_MOST_DIGITS),
    _number_schema("a number above 0, at most 1 (0.2 is 20 %)", exclusiveMinimum=0, maximum=1),
]
Percent: TypeAlias = Annotated[
    Decimal,
    BeforeValidator(_whole_as_decimal),
    Field(ge=0, le=100, decimal_places=_MOST_DIGITS),
    _number_schema("a number from 0 to 100", minimum=0, maximum=100),
]
Factor: TypeAlias = Annotated[
    Decimal,
    BeforeValidator(_whole_as_decimal),
    Field(ge=0, le=1000, decimal_places=_MOST_DIGITS),
    _number_schema("a number from 0 to 1000", minimum=0, maximum=1000),
]
Seconds: TypeAlias = Annotated[
    Decimal,
    BeforeValidator(_whole_as_decimal),
    Field(gt=0, le=3600, decimal_places=_MOST_DIGITS),
    _number_schema("a number above 0, at most 3600", exclusiveMinimum=0, maximum=3600),
]
Amount: TypeAlias = Annotated[
    Decimal,
    BeforeValidator(_whole_as_decimal),
    Field(gt=0, le=1_000_000, decimal_places=_MOST_DIGITS),
    _number_schema("an amount above 0, at most 1000000", exclusiveMinimum=0, maximum=1_000_000),
]
YearlyAmount: TypeAlias = Annotated[
    Decimal,
    BeforeValidator(_whole_as_decimal),
    Field(gt=0, le=1_000_000_000, decimal_places=_MOST_DIGITS),
    _number_schema("an amount above 0, at most 1000000000", exclusiveMinimum=0, maximum=1_000_000_000),
]
Score: TypeAlias = Annotated[
    Decimal,
    BeforeValidator(_whole_as_decimal),
    Field(ge=-1_000_000, le=1_000_000, decimal_places=_MOST_DIGITS),
    _number_schema("a number from -1000000 to 1000000", minimum=-1_000_000, maximum=1_000_000),
]
Minutes: TypeAlias = Annotated[
    Decimal,
    BeforeValidator(_whole_as_decimal),
    Field(ge=0, le=100_000, decimal_places=_MOST_DIGITS),
    _number_schema("a number from 0 to 100000", minimum=0, maximum=100_000),
]
MinutesMoreOrLess: TypeAlias = Annotated[
    Decimal,
    BeforeValidator(_whole_as_decimal),
    Field(ge=-100_000, le=100_000, decimal_places=_MOST_DIGITS),
    _number_schema("a number from -100000 to 100000", minimum=-100_000, maximum=100_000),
]
NameText: TypeAlias = Annotated[
    str,
    AfterValidator(_nonblank),
    WithJsonSchema({"type": "string", "minLength": 1, "x-expected": "a name"}),
]
Currency4217: TypeAlias = Annotated[
    str,
    AfterValidator(_known_currency),
    WithJsonSchema(
        {"type": "string", "pattern": "^[A-Z]{3}$", "x-expected": "a currency code of ISO 4217 such as EUR"}
    ),
]
RecordKind: TypeAlias = Annotated[
    str, AfterValidator(_known_record_kind), WithJsonSchema({"type": "string", "enum": list(KINDS)})
]
CrmUrl: TypeAlias = Annotated[
    str,
    AfterValidator(_crm_url),
    WithJsonSchema(
        {"type": "string", "format": "uri", "x-expected": "an address such as https://acme.my.salesforce.com"}
    ),
]
CrmFieldName: TypeAlias = Annotated[
    str,
    Field(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,99}$"),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": "^[A-Za-z][A-Za-z0-9_]{0,99}$",
            "x-expected": "the API name of a CRM field: letters, digits and _",
        }
    ),
]
PathText: TypeAlias = Annotated[
    str,
    AfterValidator(_nonblank),
    WithJsonSchema({"type": "string", "minLength": 1, "x-expected": "a path, from the folder of this file"}),
]
MemorySize: TypeAlias = Annotated[
    str,
    Field(pattern=r"^[1-9][0-9]{0,6} ?(MB|GB|TB|MiB|GiB|TiB)$"),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": "^[1-9][0-9]{0,6} ?(MB|GB|TB|MiB|GiB|TiB)$",
            "x-expected": "a size such as 800MB or 4GB",
        }
    ),
]
SparkMaster: TypeAlias = Annotated[
    str,
    Field(pattern=r"^(spark://\S+|k8s://\S+|yarn)$"),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": r"^(spark://\S+|k8s://\S+|yarn)$",
            "x-expected": "an address such as spark://host:7077, or yarn",
        }
    ),
]
SparkRemote: TypeAlias = Annotated[
    str,
    Field(pattern=r"^sc://[\w.:\[\]-]+(/;use_ssl=(true|false))?$"),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": r"^sc://[\w.:\[\]-]+(/;use_ssl=(true|false))?$",
            "x-expected": "an address such as sc://host:15002",
        }
    ),
]


def count(least: int, most: int) -> Any:  # noqa: ANN401 -- pydantic's Field is typed so
    """Limit a whole number."""
    return Field(ge=least, le=most, json_schema_extra={"x-expected": f"a whole number from {least} to {most}"})
