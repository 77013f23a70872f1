"""Where the SQL models run: a narrow protocol, so that one text serves several engines."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any, Protocol, TypeAlias

import pandas as pd

from profitability.facts import Schema, Table

Row: TypeAlias = Mapping[Hashable, Any]
"""One row of a frame; pandas types its cells as anything."""


def is_known(cell: Any) -> bool:  # noqa: ANN401 (a cell of a frame)
    """Tell a value from a null of any kind."""
    return bool(pd.notna(cell))


class Engine(Protocol):
    """A place that holds named tables and runs SELECTs in the portable subset over them.

    A name that is registered again replaces the former table.
    """

    def scan(self, name: str, source: Table, schema: Schema) -> None:
        """Register a frame, an Arrow table, or a path (glob allowed) of Parquet files under a name and check it.

        Raises:
            DataError: a column is missing, of another type, or null where the schema forbids it; the first rows
                concerned are named.
        """
        ...

    def model(self, name: str, sql: str) -> None:
        """Keep the result of a SELECT under a name.

        Raises:
            DataError: a figure leaves the range of the whole numbers that the engine computes with.
        """
        ...

    def write(self, name: str, path: str) -> None:
        """Write a table to a Parquet file."""
        ...

    def fetch(self, sql: str) -> pd.DataFrame:
        """Return the result of a SELECT: int64 (Int64 where nulls), str, bool, datetime64."""
        ...

    def close(self) -> None:
        """Release everything."""
        ...
