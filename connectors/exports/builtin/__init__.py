"""Readers for formats that are no tables: each makes tables of its format, which mappings then read like any other.

A mapping names its reader (`[read] reader = "xaf"`); the headings that a reader gives its tables are stated in its
module. What a reader must be told of the books stands in the mapping's `[reader]` table.
"""

from __future__ import annotations

from collections.abc import Iterator

from connectors.exports.builtin.datev import DatevGrid, datev_grids
from connectors.exports.datev_chart import Readers
from connectors.exports.source import Grid, Source


def builtin_grids(source: Source) -> Iterator[Grid]:
    """Yield the tables that a built-in reader finds in a file; none where the file is of no format that one knows.

    Raises:
        FileFaultError: the file is of such a format, and damaged, dangerous or contradictory.
    """
    yield from datev_grids(source)


def with_settings(grid: Grid, readers: Readers) -> Grid:
    """Return the table as the mapping's `[reader]` settings have it; one whose reader needs none stays as it is.

    Raises:
        FileFaultError: the reader needs settings that the mapping lacks.
    """
    return grid.with_books(readers.datev) if isinstance(grid, DatevGrid) else grid
