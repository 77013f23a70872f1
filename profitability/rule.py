"""One rule on the facts, and the kinds of rule that many tables share."""

from __future__ import annotations

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
