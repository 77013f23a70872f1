"""Record ids in the form of each vendor."""

from __future__ import annotations

import re
import string

_BASE62 = string.digits + string.ascii_uppercase + string.ascii_lowercase
_CHECK_LETTERS = string.ascii_uppercase + "012345"
_SALESFORCE_ID = re.compile(r"[0-9A-Za-z]{15}(?:[A-Z0-5]{3})?")
_SALESFORCE_PREFIX = {"Account": "001", "Opportunity": "006", "Organization": "00D", "User": "005"}
_BARE_LENGTH = 15
_POD = "gL"
"""Two characters that name the machine of an org; any will do."""
_FIRST_HUBSPOT_ID = 21_400_000_000
_HUBSPOT_STEP = 7
"""Ids grow but are not dense, as in a shared database."""


def mint_salesforce_id(object_name: str, number: int) -> str:
    """Return the 18-character id of the n-th record of an object.

    Source: Salesforce "ID Field Type": 3 characters of object prefix, a running number, 3 of case checksum.
    """
    digits = ""
    while number or not digits:
        number, digit = divmod(number, 62)
        digits = _BASE62[digit] + digits
    return with_checksum(f"{_SALESFORCE_PREFIX[object_name]}{_POD}{digits:0>10}")


def with_checksum(id15: str) -> str:
    """Return a 15-character id with the three letters that protect its upper and lower case."""
    chunks = (id15[0:5], id15[5:10], id15[10:15])
    bits = (sum(1 << place for place, letter in enumerate(chunk) if letter.isupper()) for chunk in chunks)
    return id15 + "".join(_CHECK_LETTERS[bit] for bit in bits)


def parse_salesforce_id(text: object) -> str | None:
    """Return the 18-character form of an id of 15 or 18 characters; None if it is malformed."""
    if not isinstance(text, str) or not _SALESFORCE_ID.fullmatch(text):
        return None
    whole = with_checksum(text[:_BARE_LENGTH])
    return whole if len(text) == _BARE_LENGTH or text == whole else None


def mint_hubspot_id(number: int) -> str:
    """Return the id of the n-th HubSpot record: digits, as text."""
    return str(_FIRST_HUBSPOT_ID + number * _HUBSPOT_STEP)


def mint_id(crm: str, object_name: str, number: int) -> str:
    """Return the id of the n-th record of a CRM."""
    return mint_salesforce_id(object_name, number) if crm == "salesforce" else mint_hubspot_id(number)
