"""One rule on the facts, and the kinds of rule that many tables share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule on a fact table.

    Attributes:
        table: where it is broken.
        what: what is wrong with the rows found.
        remedy: what to do about them.
        sql: SELECT of one text column `subject`: the rows that break the rule.
    """

    table: str
    what: str
    remedy: str
    sql: str


def unique(table: str, *keys: str) -> Rule:
    """Refuse rows that share a key."""
    columns = ", ".join(keys)
    subject = " || ' ' || ".join(f"CAST({key} AS VARCHAR)" for key in keys)
    return Rule(
        table,
        f"{' and '.join(keys)} stated more than once",
        "keep one row each; a second source of the same facts would count twice",
        f"SELECT {subject} AS subject FROM {table} GROUP BY {columns} HAVING count(*) > 1",  # noqa: S608 (own names)
    )


def known_account(table: str) -> Rule:
    """Refuse rows whose account is not in the accounts table."""
    return Rule(
        table,
        "account_id is not in the accounts table",
        "add the account, or the party as `unmatched:<name>` with is_matched false",
        f"SELECT DISTINCT f.account_id AS subject FROM {table} AS f "  # noqa: S608 (own names)
        "LEFT JOIN accounts AS a ON f.account_id = a.account_id "
        "WHERE f.account_id IS NOT NULL AND a.account_id IS NULL",
    )


def broken(table: str, subject: str, condition: str, *, what: str, remedy: str) -> Rule:
    """Refuse rows of a table, called f, on which a condition holds."""
    sql = f"SELECT {subject} AS subject FROM {table} AS f WHERE {condition}"  # noqa: S608 (own names)
    return Rule(table, what, remedy, sql)


def sound_fx_rate(table: str, subject: str) -> Rule:
    """Refuse exchange rates that cannot be."""
    return Rule(
        table,
        "fx_rate_e12 is not above zero, or not 10^12 on a row in the home currency",
        "leave the rate null where it is not known",
        f"SELECT {subject} AS subject FROM {table} AS f CROSS JOIN params AS p "  # noqa: S608 (own names)
        "WHERE f.fx_rate_e12 <= 0 OR (f.currency = p.home_currency AND f.fx_rate_e12 <> p.fx_one)",
    )


def sound_currency(table: str, subject: str) -> Rule:
    """Refuse currencies that cannot be: another spelling of the home currency would be a foreign one."""
    return broken(
        table,
        f"{subject} || ': ' || f.currency",
        "length(f.currency) <> 3 OR f.currency <> upper(f.currency) OR trim(f.currency) <> f.currency",
        what="currency is not a code of three capital letters",
        remedy="state the code of ISO 4217, such as EUR",
    )


def word(table: str, column: str, subject: str, words: Sequence[str]) -> Rule:
    """Refuse a column that holds something other than the words of its list."""
    known = ", ".join(f"'{one}'" for one in words)
    return broken(
        table,
        f"{subject} || ': ' || f.{column}",
        f"f.{column} NOT IN ({known})",
        what=f"{column} is none of {', '.join(words)}",
        remedy=f"correct the {column}, which is compared letter by letter",
    )


def in_order(table: str, subject: str, first: str, last: str) -> Rule:
    """Refuse rows whose last day lies before their first."""
    return broken(
        table,
        subject,
        f"f.{last} < f.{first}",
        what=f"{last} lies before {first}",
        remedy="correct the days; both are inclusive",
    )


def stated(table: str, subject: str, *columns: str) -> Rule:
    """Refuse rows that leave one of the columns blank."""
    return broken(
        table,
        subject,
        " OR ".join(f"trim(f.{column}) = ''" for column in columns),
        what=f"{' or '.join(columns)} is blank",
        remedy=f"state {' and '.join(columns)}: a person answers for it",
    )
