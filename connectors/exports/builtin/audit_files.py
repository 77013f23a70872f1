"""Tell which audit file a file is, and which reader makes a table of it."""

from __future__ import annotations

from connectors.exports.builtin.grids import BuiltGrid
from connectors.exports.builtin.saft import is_saft
from connectors.exports.builtin.saft_no import read_saft_no
from connectors.exports.builtin.saft_pt import read_saft_pt
from connectors.exports.builtin.xaf import ADF_MARK, read_xaf
from connectors.exports.builtin.xmlfile import root_of
from connectors.exports.source import Source

_MARK_BYTES = 64


def audit_file_grid(source: Source) -> BuiltGrid | None:
    """Return the table of an audit file, None where the file is none.

    Raises:
        FileFaultError: an audit file that declares a document type.
    """
    source.stream.seek(0)
    head = source.stream.read(_MARK_BYTES).lstrip(b"\xef\xbb\xbf")
    if head.startswith(ADF_MARK):
        return BuiltGrid(source, "xaf", read_xaf)
    root = root_of(source) if b"<" in head else None
    if root is None or not root.is_audit_file:
        return None
    if not is_saft(root):
        return BuiltGrid(source, "xaf", read_xaf)
    if root.namespace.endswith(":NO"):
        return BuiltGrid(source, "saft", read_saft_no)
    is_portuguese = not root.namespace or ":PT_" in root.namespace
    return BuiltGrid(source, "saft", read_saft_pt) if is_portuguese else None
