"""Readers for formats that are no tables: each makes tables of its format, which mappings then read like any other.

A mapping names its reader (`[read] reader = "xaf"`); the headings that a reader gives its tables are stated in its
module.
"""

from __future__ import annotations

from collections.abc import Iterator

from connectors.exports.source import Grid, Source


def builtin_grids(source: Source) -> Iterator[Grid]:
    """Yield the tables that a built-in reader finds in a file; none where the file is of no format that one knows.

    Raises:
        FileFaultError: the file is of such a format, and damaged, dangerous or contradictory.
    """
    # late: most files are none of these, and the libraries take their time
    from connectors.exports.builtin.audit_files import audit_file_grid

    grid = audit_file_grid(source)
    if grid is not None:
        yield grid
