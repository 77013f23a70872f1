"""Read one TOML file: its values, and the line of every key."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from sync.settings.locate import KeyPath, Position, locate_keys
from sync.settings.problems import Place, Problem

_PLACE = re.compile(r" \(at line (\d+), column (\d+)\)$")


@dataclass(frozen=True, slots=True)
class Document:
    """A configuration file as read.

    Attributes:
        path: the file, as errors name it.
        values: its tables; numbers with a point are Decimal.
        positions: where each key stands.
    """

    path: Path
    values: Mapping[str, Any]
    positions: Mapping[KeyPath, Position]

    def place(self, *paths: KeyPath) -> Place:
        """Return the line of the first path that stands in the file, else of the nearest table around the last one."""
        for path in paths:
            if path in self.positions:
                return Place(str(self.path), self.positions[path].line)
        return self.place(paths[-1][:-1]) if len(paths[-1]) > 1 else Place(str(self.path))


def read_document(path: Path) -> Document | Problem:
    """Read a TOML file, or tell why it cannot be read (with line and column where the text is at fault)."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return Problem(_at(path, error.object[: error.start]), "is not UTF-8 text; save the file as UTF-8")
    except OSError as error:
        return Problem(Place(str(path)), f"cannot be read: {error.strerror}")
    text = text.replace("\r\n", "\n")
    try:
        return Document(path, tomllib.loads(text, parse_float=_decimal), locate_keys(text))
    except tomllib.TOMLDecodeError as error:
        return _broken(path, text, str(error))
    except (ValueError, RecursionError):
        return Problem(Place(str(path)), "holds a number too long, or arrays nested too deep, to be read")


def _decimal(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:  # an exponent beyond any number: refused later, with its line
        return Decimal("NaN")


def _at(path: Path, before: bytes) -> Place:
    lines = before.split(b"\n")
    return Place(str(path), len(lines), len(lines[-1]) + 1)


def _broken(path: Path, text: str, message: str) -> Problem:
    """Put tomllib's place in front; a text that ends too early has the place of its end."""
    found = _PLACE.search(message)
    line, column = map(int, found.groups()) if found else (text.count("\n") + 1, len(text) - text.rfind("\n"))
    what = _PLACE.sub("", message).removesuffix(" (at end of document)")
    return Problem(Place(str(path), line, column), f"is not TOML: {what[:1].lower()}{what[1:]}")
