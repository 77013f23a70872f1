"""The names that master data gives to numbers in the books: of customers, and of bookkeeping accounts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_NAMED = {"party_name": ("party_key", "party"), "gl_account_name": ("gl_account", "name")}
"""Record kind -> the column of its number and that of its name."""

_TOLD = {"party_name": "customer or supplier", "gl_account_name": "GL account"}


def add_names(connection: DuckDBPyConnection) -> tuple[str, ...]:
    """Create `party_names` and `gl_account_names` (number, name): one row per number that all files name alike.

    Case and blanks make no difference between two names.

    Returns:
        One warning per number with several names: none of them is used.
    """
    return tuple(warning for kind in _NAMED for warning in _add_names(connection, kind))


def _add_names(connection: DuckDBPyConnection, kind: str) -> Iterator[str]:
    number, name = _NAMED[kind]
    connection.execute(
        f"""
        CREATE TABLE {kind}s AS
        WITH spelled AS (
            SELECT {number} AS number, min({name}) AS name,
                   arg_min(source_file || ':' || source_line, (source_file, source_line)) AS place
            FROM {kind} GROUP BY {number}, lower(trim(regexp_replace({name}, '\\s+', ' ', 'g')))
        )
        SELECT number, CASE count(*) WHEN 1 THEN any_value(name) END AS name,
               string_agg(name || ' (' || place || ')', ', ' ORDER BY place) AS told
        FROM spelled GROUP BY number
        """  # noqa: S608 the names are ours
    )
    doubtful = connection.execute(f"SELECT number, told FROM {kind}s WHERE name IS NULL ORDER BY number").fetchall()  # noqa: S608 own names
    for stated, told in doubtful:
        yield f"{_TOLD[kind]} {stated} has several names, so none is used: {told}"
