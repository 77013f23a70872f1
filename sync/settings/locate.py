"""Find the line on which each key of a TOML text stands, which `tomllib` does not tell.

The text has been read by `tomllib` before, so it is well formed: this reader only has to tell keys from
values, and to step over what may hold text that looks like a key (strings, comments, nested values).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

KeyPath: TypeAlias = tuple[str | int, ...]
"""Keys from the outermost table inwards; elements of an array by their index from 0."""

_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_STRING = re.compile(
    r'"""(?:\\.|[^\\])*?"{3,5}'  # up to two quotes may stand before the closing three
    r"|'''.*?'{3,5}"
    r'|"(?:\\.|[^"\\])*"'
    r"|'[^']*'",
    re.DOTALL,
)
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_BARE_VALUE = re.compile(r"[^,\]}#\n]+")  # numbers, booleans, dates; a date may hold a blank


@dataclass(frozen=True, slots=True)
class Position:
    """Where a key stands: line and column, both from 1."""

    line: int
    column: int


@dataclass(slots=True)
class _Scanner:
    text: str
    offset: int = 0
    found: dict[KeyPath, int] = field(default_factory=dict)
    arrays: dict[KeyPath, int] = field(default_factory=dict)

    def scan(self) -> None:
        table: KeyPath = ()
        self.skip(_BLANK)
        while self.offset < len(self.text):
            table = self.header() if self.text[self.offset] == "[" else self.pair(table)
            self.skip(_BLANK)

    def header(self) -> KeyPath:
        start = self.offset
        is_array = self.text.startswith("[[", start)
        self.offset += 2 if is_array else 1
        *outer, last = self.key()
        self.offset = self.text.index("]", self.offset) + (2 if is_array else 1)
        path: KeyPath = ()
        for part in outer:
            path = self.note((*path, part), start)
        path = (*path, last)
        if is_array:
            self.arrays[path] = self.arrays.get(path, -1) + 1
        return self.note(path, start)

    def note(self, path: KeyPath, offset: int) -> KeyPath:
        """Remember where a table begins; return its path, with the index of the newest one in an array of tables."""
        self.found.setdefault(path, offset)
        if path not in self.arrays:
            return path
        newest = (*path, self.arrays[path])
        self.found.setdefault(newest, offset)
        return newest

    def pair(self, table: KeyPath) -> KeyPath:
        start = self.offset
        path = table
        for part in self.key():
            path = (*path, part)
            self.found.setdefault(path, start)
        self.offset = self.text.index("=", self.offset) + 1
        self.value(path)
        return table

    def key(self) -> list[str]:
        parts = []
        while True:
            self.skip(_BLANK)
            quoted = self.text[self.offset] in "\"'"
            raw = self.take(_STRING if quoted else _BARE_KEY)
            parts.append(_unquoted(raw) if quoted else raw)
            self.skip(_BLANK)
            if self.text[self.offset] != ".":
                return parts
            self.offset += 1

    def value(self, path: KeyPath) -> None:
        self.skip(_BLANK)
        opening = self.text[self.offset]
        if opening == "[":
            self.elements(path)
        elif opening == "{":
            self.inline_table(path)
        else:
            self.take(_STRING if opening in "\"'" else _BARE_VALUE)

    def elements(self, path: KeyPath) -> None:
        for index, _ in enumerate(self.members("]")):
            self.found[(*path, index)] = self.offset
            self.value((*path, index))

    def inline_table(self, path: KeyPath) -> None:
        for _ in self.members("}"):
            self.pair(path)

    def members(self, closing: str) -> Iterator[None]:
        """Stop at each member between brackets; the caller reads it before asking for the next."""
        self.offset += 1
        self.skip(_BLANK)
        while self.text[self.offset] != closing:
            yield
            self.skip(_BLANK)
            if self.text[self.offset] == ",":
                self.offset += 1
                self.skip(_BLANK)
        self.offset += 1

    def skip(self, pattern: re.Pattern[str]) -> None:
        self.take(pattern)

    def take(self, pattern: re.Pattern[str]) -> str:
        match = pattern.match(self.text, self.offset)
        if match is None:
            raise ValueError(f"not TOML at offset {self.offset}")
        self.offset = match.end()
        return match.group()


def _unquoted(raw: str) -> str:
    return str(tomllib.loads(f"key = {raw}")["key"])


def locate_keys(text: str) -> dict[KeyPath, Position]:
    """Return the place of every key and array element of a well-formed TOML text.

    Returns:
        Key path -> where its key begins (an element: where its value begins). A table is where it is first named,
        alone or as part of a longer name.
    """
    scanner = _Scanner(text)
    scanner.scan()
    line_starts = [0, *(match.end() for match in re.finditer("\n", text))]
    return dict(_positions(scanner.found, line_starts))


def _positions(found: dict[KeyPath, int], line_starts: list[int]) -> Iterator[tuple[KeyPath, Position]]:
    line = 0
    for path, offset in sorted(found.items(), key=lambda item: item[1]):
        while line + 1 < len(line_starts) and line_starts[line + 1] <= offset:
            line += 1
        yield path, Position(line + 1, offset - line_starts[line] + 1)
