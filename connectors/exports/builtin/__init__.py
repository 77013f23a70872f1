"""Readers for formats that are no tables: each makes tables of its format, which mappings then read like any other.

A mapping names its reader (`[read] reader = "xaf"`); the headings that a reader gives its tables are stated in its
module. What a reader must be told of the books stands in the mapping's `[reader]` or `[ledger]` table.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from connectors.exports.builtin.datev import DatevGrid, datev_grids
from connectors.exports.builtin.grids import BuiltGrid
from connectors.exports.source import Grid, Source

if TYPE_CHECKING:
    from connectors.exports.mapping import Mapping


def builtin_grids(source: Source) -> Iterator[Grid]:
    """Yield the tables that a built-in reader finds in a file; none where the file is of no format that one knows.

    Raises:
        FileFaultError: the file is of such a format, and damaged, dangerous or contradictory.
    """
    # late: only who opens a file waits for the libraries of these readers
    from connectors.exports.builtin.audit_files import audit_file_grid

    yield from datev_grids(source)
    grid = audit_file_grid(source)
    if grid is not None:
        yield grid


def with_settings(grid: Grid, mapping: Mapping) -> Grid:
    """Return the table as the settings of a mapping have it; one whose reader needs none stays as it is.

    Raises:
        FileFaultError: the reader needs settings that the mapping lacks.
    """
    if isinstance(grid, DatevGrid):
        return grid.with_books(mapping.reader.datev)
    return replace(grid, ledger=mapping.ledger) if isinstance(grid, BuiltGrid) else grid
