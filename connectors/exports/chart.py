"""Which accounts of a firm's ledger are revenue, receivables, costs: the `[ledger]` table of a mapping.

An audit file states postings on accounts, not invoices. Its reader needs to know what each account is for; firms number
their accounts as they like, so the file's own reference to a standard chart (RGS in the Netherlands, NS 4102 in Norway)
tells it where there is one, and a mapping names the accounts where there is none.
"""

from __future__ import annotations

import re
from typing import Annotated, Literal, TypeAlias

from pydantic import AfterValidator, Field, StrictInt, StrictStr

from connectors.exports.mapping_part import MappingPart

Role: TypeAlias = Literal["revenue", "receivable", "cost", "ignore"]

_RANGE = re.compile(r"(?P<first>[0-9]+)-(?P<last>[0-9]+)")
_PREFIX_MARK = "*"


def _checked_accounts(text: str) -> str:
    found = _RANGE.fullmatch(text)
    if found and (len(found["first"]) != len(found["last"]) or found["first"] > found["last"]):
        raise ValueError("a range needs two codes of equal length, the lower one first")
    if not text.strip(_PREFIX_MARK) or _PREFIX_MARK in text[:-1]:
        raise ValueError("an account is written 8000, 80* or 8000-8999")
    return text


class Accounts(MappingPart):
    """Accounts of one role.

    Attributes:
        standard: beginnings of codes in the standard chart that the file refers to (`WOmz`).
        accounts: the firm's own codes: `8000`, `80*` or `8000-8999`; they win over `standard`.
    """

    standard: tuple[Annotated[StrictStr, Field(min_length=1)], ...] = ()
    accounts: tuple[Annotated[StrictStr, AfterValidator(_checked_accounts)], ...] = ()


class Ledger(MappingPart):
    """What the accounts of a ledger are for, and when an invoice is due whose due date the ledger does not hold."""

    revenue: Accounts = Accounts()
    receivable: Accounts = Accounts()
    cost: Accounts = Accounts()
    ignore: Accounts = Accounts()
    payment_days: Annotated[StrictInt, Field(ge=0, le=365)] | None = None

    def role(self, account: str, standard: str) -> Role | None:
        """Return the role of an account, None where the table does not name it.

        Args:
            account: its code in the firm's books.
            standard: its code in the standard chart, empty where the file states none. The longest beginning decides.
        """
        roles: tuple[tuple[Role, Accounts], ...] = (
            ("revenue", self.revenue),
            ("receivable", self.receivable),
            ("cost", self.cost),
            ("ignore", self.ignore),
        )
        for role, named in roles:
            if any(_holds(accounts, account) for accounts in named.accounts):
                return role
        fitting = [(len(text), role) for role, named in roles for text in named.standard if standard.startswith(text)]
        return max(fitting)[1] if fitting else None


def _holds(accounts: str, account: str) -> bool:
    if accounts.endswith(_PREFIX_MARK):
        return account.startswith(accounts[:-1])
    found = _RANGE.fullmatch(accounts)
    if found is None or not account.isdecimal():
        return account == accounts
    return len(account) == len(found["first"]) and found["first"] <= account <= found["last"]
