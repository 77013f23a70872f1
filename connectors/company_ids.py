"""What identifies a company beside its name: its number at tax office or trade register, its internet domain."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from stdnum import get_cc_module
from stdnum.exceptions import ValidationError
from stdnum.fi import ytunnus

_KVK = re.compile(r"[0-9]{8}")
_Y_TUNNUS = re.compile(r"[0-9]{6,7}-[0-9]")
_PREFIXED = re.compile(r"[A-Za-z]{2}")
_OTHER_COUNTRY_CODES = {"el": "gr", "xi": "gb"}
"""Prefixes of VAT numbers that are no country codes: Greece, Northern Ireland (VAT Directive, article 215)."""

# fmt: off
_PUBLIC_MAIL = frozenset({
    "aol.com", "fastmail.com", "freenet.de", "gmail.com", "gmx.at", "gmx.de", "gmx.net", "googlemail.com",
    "hetnet.nl", "home.nl", "hotmail.com", "hotmail.nl", "icloud.com", "kolumbus.fi", "kpnmail.nl", "laposte.net",
    "live.com", "live.nl", "luukku.com", "mac.com", "mail.com", "me.com", "msn.com", "orange.fr", "outlook.com",
    "planet.nl", "pm.me", "proton.me", "protonmail.com", "saunalahti.fi", "t-online.de", "telenet.be",
    "telia.com", "upcmail.nl", "wanadoo.fr", "web.de", "xs4all.nl", "yahoo.co.uk", "yahoo.com", "yahoo.de",
    "yandex.com", "zeelandnet.nl", "ziggo.nl",
})
# fmt: on
"""Domains at which anybody has a mailbox: they say nothing of whose it is."""

_NEVER_IN_ADDRESS = frozenset(" ,;<>")


def company_number(text: str) -> str | None:
    """Return a company's number in one spelling, None where its form or its check digit is not right.

    A VAT number begins with its country (`FI20774740`); a Y-tunnus has a hyphen (`2077474-0`) and is the same as the
    Finnish VAT number; eight bare digits are a number of the Dutch trade register, which has no check digit.
    """
    plain = "".join(text.split())
    if _KVK.fullmatch(plain):
        return f"KVK:{plain}"
    if _Y_TUNNUS.fullmatch(plain):
        return f"FI:{ytunnus.compact(plain)}" if ytunnus.is_valid(plain) else None
    return _vat_number(plain)


def _vat_number(plain: str) -> str | None:
    if not _PREFIXED.match(plain):
        return None
    country = plain[:2].casefold()
    country = _OTHER_COUNTRY_CODES.get(country, country)
    module = get_cc_module(country, "vat")
    if module is None:
        return None
    try:
        number: str = module.validate(country.upper() + plain[2:])
    except ValidationError:
        return None
    return f"{country.upper()}:{number}"


def domain_of(text: str) -> str | None:
    """Return the domain of an e-mail or web address without `www.`.

    None where there is none or several, or where anybody has a mailbox.
    """
    address = text.strip().casefold()
    if set(address) & _NEVER_IN_ADDRESS or address.count("@") > 1:
        return None
    domain = (address.partition("@")[2] or _host(address)).removeprefix("www.").rstrip(".")
    return domain if "." in domain and domain not in _PUBLIC_MAIL else None


def _host(address: str) -> str:
    try:
        return urlsplit(address if "//" in address else f"//{address}").hostname or ""
    except ValueError:  # brackets that are no IPv6 address
        return ""
