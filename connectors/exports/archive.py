"""Open an export that lies alone in a zip archive like the file itself; its content hash is that of the export.

The export is unpacked into a file without a name, which nobody else can open and which is gone when it is closed.
"""

from __future__ import annotations

import struct
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from io import FileIO
from pathlib import Path, PurePosixPath

from connectors.exports.checksum import refuse_other_content
from connectors.exports.source import MAX_TEXT_BYTES, ZIP, FileFaultError, Source, measured, open_source

MAX_UNPACKED_BYTES = 512 << 20
MAX_RATIO = 200
"""Most bytes that a packed byte may stand for; ten to twenty are usual for tables."""
MAX_MEMBERS = 100

_CHUNK_BYTES = 1 << 20
_WORKBOOK_MEMBERS = frozenset({"[Content_Types].xml", "mimetype", "content.xml"})
_WAYS_OF_PACKING = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_FAULTS = (
    *(zipfile.BadZipFile, zlib.error, struct.error, EOFError),
    *(NotImplementedError, RuntimeError, ValueError, OverflowError),
)
"""What the zipfile module raises of a damaged archive; of one with a password, RuntimeError."""
_UNPACK = "Unpack the archive into the folder, and take the archive out."


@contextmanager
def open_export(path: Path, *, max_bytes: int = MAX_TEXT_BYTES) -> Iterator[Source]:
    """Open a file, or the only file of a zip archive; see `source.open_source`.

    Raises:
        FileFaultError: the file cannot be taken or is not what its checksum states; or the archive holds no file,
            several, another archive, or too much.
    """
    with open_source(path, max_bytes=max_bytes) as source:
        refuse_other_content(path, source.sha256)
        if not source.is_workbook or not (members := _members(source.stream)):
            yield source
            return
        with tempfile.TemporaryFile(buffering=0) as unpacked:
            member = _only_export(members)
            _unpack(source.stream, member, unpacked)
            unpacked.seek(0)
            # mappings that ask for a name mean the one that the system gave to its export
            inner = measured(path / PurePosixPath(member.filename).name, unpacked)
            if inner.is_workbook:
                raise FileFaultError("an archive or a workbook inside an archive", _UNPACK)
            yield inner


@contextmanager
def opened_zip(stream: FileIO, damage: FileFaultError) -> Iterator[zipfile.ZipFile]:
    """Open an archive; whatever is wrong with it, here or while it is read, shows as this damage.

    Raises:
        FileFaultError: damaged, protected, or packed in a way that is not known here.
    """
    try:
        with zipfile.ZipFile(stream) as archive:
            if any(member.compress_type not in _WAYS_OF_PACKING for member in archive.infolist()):
                raise damage
            yield archive
    except _FAULTS as error:
        raise damage from error


def _damage() -> FileFaultError:
    return FileFaultError("the archive is damaged, or packed in a way that nobody here knows", _UNPACK)


def _members(stream: FileIO) -> list[zipfile.ZipInfo]:
    """Return what an archive holds; nothing for a workbook, and for what is no archive at all."""
    stream.seek(0)
    if stream.read(len(ZIP)) != ZIP or not zipfile.is_zipfile(stream):
        return []
    with opened_zip(stream, _damage()) as archive:
        members = archive.infolist()
    return [] if _WORKBOOK_MEMBERS.intersection(member.filename for member in members) else members


def _only_export(members: list[zipfile.ZipInfo]) -> zipfile.ZipInfo:
    exports = [member for member in members[:MAX_MEMBERS] if _is_export(member)]
    if len(members) > MAX_MEMBERS or len(exports) != 1:
        count = f"more than {MAX_MEMBERS}" if len(members) > MAX_MEMBERS else str(len(exports))
        raise FileFaultError(f"an archive of {count} files, and an export is one", _UNPACK)
    (member,) = exports
    if member.flag_bits & 1:
        raise FileFaultError("the archive needs a password", _UNPACK)
    if member.file_size > min(MAX_UNPACKED_BYTES, MAX_RATIO * max(member.compress_size, 1)):
        raise FileFaultError(f"{member.file_size:,} bytes unpacked, too many for this archive", _UNPACK)
    return member


def _is_export(member: zipfile.ZipInfo) -> bool:
    """Tell files from folders, and from what macOS adds to an archive."""
    place = PurePosixPath(member.filename)
    is_folder = member.filename.endswith("/")  # is_dir fails where a damaged archive has no name
    return not is_folder and "__MACOSX" not in place.parts and not place.name.startswith(".")


def _unpack(stream: FileIO, member: zipfile.ZipInfo, unpacked: FileIO) -> None:
    """Write a member out; an archive that understates the size of its member fails its check sum."""
    with opened_zip(stream, _damage()) as archive, archive.open(member) as packed:
        while chunk := packed.read(_CHUNK_BYTES):
            unpacked.write(chunk)
