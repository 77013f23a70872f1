"""Hold a file against the checksum that lies beside it: `toggl.csv.sha256`, as `sha256sum` or `openssl` writes it.

Who writes an export first and its checksum last makes sure that no half of it is ever taken.
"""

from __future__ import annotations

import re
from pathlib import Path

from connectors.exports.source import FileFaultError

SUFFIX = ".sha256"

_LINE = re.compile(r"(?:\\?SHA(?:2-)?256 ?\(.*\) ?= )?\\?(?P<digest>[0-9a-fA-F]{64})(?:\s+\*?.*)?\s*")
_LONGEST = 4096
_EXPORT_AGAIN = "Wait for the rest of the file, or export it again together with its checksum."


def refuse_other_content(path: Path, sha256: str) -> None:
    """Refuse a file whose checksum file states another content; a file without one is passed over.

    Raises:
        FileFaultError: it does, or holds no checksum.
    """
    beside = path.with_name(path.name + SUFFIX)
    try:
        with beside.open("rb") as stream:
            stated = _LINE.fullmatch(stream.read(_LONGEST).decode("utf-8-sig", "replace"))
    except FileNotFoundError:
        return
    except OSError as error:
        raise FileFaultError(f"{beside.name} cannot be read: {error.strerror}", "Let us read it.") from error
    if stated is None:
        raise FileFaultError(f"{beside.name} holds no SHA-256 checksum", "Write it with sha256sum, or remove it.")
    if stated["digest"].lower() != sha256:
        raise FileFaultError(f"another content than {beside.name} states: half-written, or changed", _EXPORT_AGAIN)


def file_of(checksum: Path) -> Path:
    """Return the file that a checksum file speaks of."""
    return checksum.with_name(checksum.name.removesuffix(SUFFIX))
