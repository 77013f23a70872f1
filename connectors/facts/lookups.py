"""The small tables that records are joined with: who is who, which category, which use.

Each is computed over the *distinct* words of the records, so its size does not grow with the hours of a firm.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple
from datetime import date
from typing import TYPE_CHECKING

from connectors.base import AccountRecord
from connectors.errors import InputError
from connectors.exports.frames import create_table
from connectors.identity import Identities, MatchDecisions, Party, resolve
from connectors.maps import CategoryMap, GlAccountMap, fold
from connectors.merges import Merges

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

UNMATCHED_COLUMNS = {
    "account_id": "VARCHAR",
    "handle": "VARCHAR",
    "name": "VARCHAR",
    "reason": "VARCHAR",
    "value_cents": "BIGINT",
    "worked_seconds": "BIGINT",
}


def add_params(connection: DuckDBPyConnection, home_currency: str, window: tuple[date, date] | None) -> None:
    """Create `params`: one row with the home currency, the window, and the first and last month of the records."""
    months = connection.execute(
        """
        SELECT date_trunc('month', min(day))::DATE, date_trunc('month', max(day))::DATE
        FROM (SELECT issue_date AS day FROM document UNION ALL SELECT cost_date FROM direct_cost
              UNION ALL SELECT line_date FROM gl_line UNION ALL SELECT work_date FROM time_entry)
        """
    ).fetchall()[0]
    columns = {
        "home_currency": "VARCHAR",
        "window_start": "DATE",
        "window_end": "DATE",
        "first_month": "DATE",
        "last_month": "DATE",
    }
    create_table(connection, "params", columns, [(home_currency, *(window or (None, None)), *months)])


def add_uses(connection: DuckDBPyConnection, gl_accounts: GlAccountMap) -> None:
    """Create `gl_uses` (gl_account, supplier, use): one row per pair of the postings, use null where unknown."""
    pairs = connection.execute("SELECT DISTINCT gl_account, supplier FROM gl_line").fetchall()
    rows = [(account, supplier, gl_accounts.use(gl_account=account, supplier=supplier)) for account, supplier in pairs]
    create_table(connection, "gl_uses", {"gl_account": "VARCHAR", "supplier": "VARCHAR", "use": "VARCHAR"}, rows)


def add_categories(connection: DuckDBPyConnection, categories: CategoryMap) -> None:
    """Create `task_categories` (is_internal, task, project, tags, category, is_category_known).

    Unknown hours for a customer are delivery, unknown hours for nobody internal; hours for nobody that carry no
    word at all are known to be internal.
    """
    found = connection.execute(
        "SELECT DISTINCT party_key IS NULL AND party IS NULL, task, project, tags FROM time_entry"
    ).fetchall()
    rows = []
    for is_internal, task, project, tags in found:
        category = categories.category(is_internal=is_internal, task=task, project=project, tags=tags)
        is_known = category is not None or (is_internal and not (task or project or tags))
        rows.append(
            (is_internal, task, project, tags, category or ("internal" if is_internal else "delivery"), is_known)
        )
    words = {"task": "VARCHAR", "project": "VARCHAR", "tags": "VARCHAR", "category": "VARCHAR"}
    create_table(
        connection, "task_categories", {"is_internal": "BOOLEAN"} | words | {"is_category_known": "BOOLEAN"}, rows
    )


def add_people(connection: DuckDBPyConnection) -> None:
    """Create `people` (person as stated, person_id).

    A person is who the rates name: by that name or by the e-mail beside it, whatever the case. Who has no rate
    stays who the source names.

    Raises:
        InputError: one e-mail or name stands for two people.
    """
    rated = connection.execute("SELECT DISTINCT person, email FROM cost_rate ORDER BY ALL").fetchall()
    named = connection.execute(
        "SELECT person FROM time_entry UNION SELECT person FROM timesheet ORDER BY person"
    ).fetchall()
    person_ids: dict[str, str] = {}
    for person, email in rated:
        for alias in (person, email):
            owner = person_ids.setdefault(fold(alias), person) if alias else person
            if fold(owner) != fold(person):
                raise InputError(
                    "an e-mail or name in the rates stands for two people",
                    remedy="Give each person an e-mail of their own in the rates template.",
                )
    people = {person for person, _ in rated} | {person for (person,) in named}
    rows = [(person, person_ids.setdefault(fold(person), person)) for person in sorted(people)]
    create_table(connection, "people", {"person": "VARCHAR", "person_id": "VARCHAR"}, rows)


def add_parties(
    connection: DuckDBPyConnection,
    accounts: Sequence[AccountRecord],
    parties_sql: str,
    decisions: MatchDecisions,
    merges: Merges,
) -> Identities:
    """Create `party_accounts` (party_key, party, account_id) and `unmatched_parties`, one row per `UnmatchedParty`.

    Records that state a number alone follow the name that master data gives it (`connectors.facts.names`).
    """
    found = connection.execute(parties_sql).fetchall()
    parties = [
        Party(key, name, cents, seconds, tuple(sorted(numbers)), tuple(sorted(emails)))
        for key, name, cents, seconds, numbers, emails in found
    ]
    identities = resolve(parties, accounts, decisions, merges)
    columns = {"party_key": "VARCHAR", "party": "VARCHAR", "account_id": "VARCHAR"}
    rows = [(key, name, account_id) for (key, name), account_id in identities.account_ids.items()]
    create_table(connection, "party_accounts", columns, rows)
    connection.execute(
        """
        INSERT INTO party_accounts SELECT party_key, NULL, account_id FROM party_accounts
        JOIN party_names ON party_names.number = party_key AND party_names.name = party
        """
    )
    create_table(connection, "unmatched_parties", UNMATCHED_COLUMNS, map(astuple, identities.unmatched))
    return identities
