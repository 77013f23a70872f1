"""Read mapping files: the shipped ones, then the local ones, which win by name."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from connectors.exports.mapping import Mapping
from profitability.errors import WhalecurveError

Location = tuple[str | int, ...]


class MappingError(WhalecurveError):
    """A mapping file does not say what it must, or says what nobody knows."""

    code = "WC-015"


def load_mappings(*folders: Path) -> tuple[Mapping, ...]:
    """Return all mappings below the folders, ordered by name; a later folder wins by name.

    A local file may be short: `extends = "name"` takes that mapping and replaces the keys that it gives.

    Raises:
        MappingError: a file is not TOML, has an unknown or wrong key, or two files of one folder share a name.
    """
    known: dict[str, dict[str, Any]] = {}
    mappings: dict[str, Mapping] = {}
    for folder in folders:
        taken: dict[str, Path] = {}
        for path in sorted(folder.glob("*.toml")):
            table = _extended(_read_toml(path), known, path)
            mapping = _validated(table, path)
            if mapping.name in taken:
                raise MappingError(
                    f"the name {mapping.name!r} is taken by {taken[mapping.name].name}",
                    where=str(path),
                    remedy="Give each mapping of a folder a name of its own.",
                )
            taken[mapping.name], known[mapping.name], mappings[mapping.name] = path, table, mapping
    return tuple(mappings[name] for name in sorted(mappings))


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise MappingError(f"not TOML: {error}", where=str(path), remedy="Mend the file.") from error
    except OSError as error:
        raise MappingError(f"cannot be read: {error.strerror}", where=str(path), remedy="Let us read it.") from error


def _extended(table: dict[str, Any], known: dict[str, dict[str, Any]], path: Path) -> dict[str, Any]:
    base_name = table.pop("extends", None)
    if base_name is None:
        return table
    if base_name not in known:
        raise MappingError(
            f"extends {base_name!r}, which no earlier folder holds",
            where=f"{path}:{line_of(path, ('extends',))}",
            remedy=f"Known: {', '.join(sorted(known)) or 'none'}.",
        )
    return _merged(known[base_name], table)


def _merged(base: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    """Lay one table over another: tables merge key by key, all else is replaced."""
    merged = dict(base)
    for key, value in own.items():
        both_tables = isinstance(value, dict) and isinstance(base.get(key), dict)
        merged[key] = _merged(base[key], value) if both_tables else value
    return merged


def _validated(table: dict[str, Any], path: Path) -> Mapping:
    try:
        return Mapping.model_validate(table)
    except ValidationError as error:
        faults = [_fault(path, detail["loc"], detail["msg"]) for detail in error.errors()]
        lines, texts = zip(*faults, strict=True)
        raise MappingError(
            "\n  ".join(texts),
            where=f"{path}:{lines[0]}",
            remedy="Mend the keys; config/exports/README.md lists them.",
        ) from error


def _fault(path: Path, location: Location, message: str) -> tuple[int, str]:
    line = line_of(path, location)
    key = ".".join(str(part) for part in location) or "the mapping"
    return line, f"line {line}: {key}: {message.removeprefix('Value error, ')}"


_TABLE = re.compile(r"\s*(?P<open>\[\[?)\s*(?P<path>[^\]]+?)\s*\]")
_KEY = re.compile(r"\s*(?P<key>[\w.\"-]+)\s*=")


def line_of(path: Path, location: Location) -> int:
    """Return the line of a mapping file on which a key stands, or that of the nearest table around it, else 1."""
    best_line, best_depth = 1, 0
    for number, place in _places(path.read_text(encoding="utf-8")):
        depth = next((i for i, pair in enumerate(zip(place, location, strict=False)) if pair[0] != pair[1]), len(place))
        if best_depth < depth == len(place) <= len(location):
            best_line, best_depth = number, depth
    return best_line


def _places(text: str) -> Iterator[tuple[int, Location]]:
    table: Location = ()
    count: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if header := _TABLE.match(line):
            name = header["path"]
            table = tuple(part.strip().strip('"') for part in name.split("."))
            if header["open"] == "[[":
                count[name] = count.get(name, -1) + 1
                table = (*table, count[name])
            yield number, table
        elif key := _KEY.match(line):
            yield number, (*table, *(part.strip('"') for part in key["key"].split(".")))
