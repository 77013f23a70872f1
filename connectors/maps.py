"""The two maps of words that finance keeps: what hours are for, and what a posting is.

Both are TOML files of names. Names are compared without case and without differences in blanks; nothing else is
taken for equal. Unknown keys, uses and double names are errors with the line at which they stand.
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from profitability.errors import WhalecurveError

_CATEGORIES = {
    "account": ("delivery", "service", "collection"),
    "internal": ("sales", "admin", "training", "internal"),
}
_USES = ("pass_through", "contractor", "expense", "ignore")
_POOL = "pool:"


class MapFileError(WhalecurveError):
    """A map of names says something that it cannot say."""

    code = "WC-014"


@dataclass(frozen=True, slots=True)
class CategoryMap:
    """What hours are for.

    Attributes:
        account: folded name of a task, project or tag -> delivery | service | collection.
        internal: the same for hours without a customer -> sales | admin | training | internal.
    """

    account: Mapping[str, str]
    internal: Mapping[str, str]

    def category(self, *, is_internal: bool, task: str | None, project: str | None, tags: str | None) -> str | None:
        """Return the category by task, else project, else tags; None where none is known or the tags disagree."""
        known = self.internal if is_internal else self.account
        for name in (task, project):
            if name and fold(name) in known:
                return known[fold(name)]
        told = {known[fold(tag)] for tag in (tags or "").split(",") if fold(tag) in known}
        return told.pop() if len(told) == 1 else None


@dataclass(frozen=True, slots=True)
class GlAccountMap:
    """What a posting is.

    Attributes:
        gl_accounts: folded code or name of a GL account -> pass_through | contractor | expense | pool:NAME | ignore.
        suppliers: the same by supplier.
    """

    gl_accounts: Mapping[str, str]
    suppliers: Mapping[str, str]

    def use(self, *, gl_account: str, supplier: str | None) -> str | None:
        """Return what a posting is: ignored GL account, else supplier, else GL account; None where unknown."""
        by_account = self.gl_accounts.get(fold(gl_account))
        if by_account == "ignore":
            return by_account
        return self.suppliers.get(fold(supplier or ""), by_account)


def fold(name: str) -> str:
    """Return a name without case, outer blanks and runs of blanks."""
    return " ".join(name.split()).casefold()


def load_categories(path: Path) -> CategoryMap:
    """Read `categories.toml`.

    Raises:
        MapFileError: unreadable, not TOML, an unknown key, or a name under two categories.
    """
    file = _MapFile.read(path, tables=tuple(_CATEGORIES))
    maps = {table: _names_by_category(file, table) for table in _CATEGORIES}
    return CategoryMap(account=maps["account"], internal=maps["internal"])


def load_gl_accounts(path: Path) -> GlAccountMap:
    """Read `gl_accounts.toml`.

    Raises:
        MapFileError: unreadable, not TOML, an unknown key or use, or a name twice.
    """
    file = _MapFile.read(path, tables=("gl_account", "supplier"))
    return GlAccountMap(gl_accounts=_use_by_name(file, "gl_account"), suppliers=_use_by_name(file, "supplier"))


@dataclass(frozen=True, slots=True)
class _MapFile:
    """One map file, parsed, with its text at hand to find the line of a complaint."""

    path: Path
    text: str
    tables: Mapping[str, Mapping[str, Any]]

    @classmethod
    def read(cls, path: Path, *, tables: tuple[str, ...]) -> _MapFile:
        try:
            text = path.read_text(encoding="utf-8")
            document = tomllib.loads(text)
        except (OSError, ValueError) as error:
            raise MapFileError(
                f"cannot be read: {error}", where=str(path), remedy="Mend the file, or copy the shipped one."
            ) from error
        file = cls(path, text, document)
        for name, table in document.items():
            if name not in tables or not isinstance(table, dict):
                raise file.error(
                    name, f"unknown key {name!r}; expected the tables {', '.join(tables)}{_nearest(name, tables)}"
                )
        return file

    def error(self, word: str, what: str, *, table: str = "") -> MapFileError:
        """Return the error that stands at the last line naming `word` (in `table`, where given)."""
        line = self._line_of(word, table)
        return MapFileError(what, where=f"{self.path}:{line}", remedy="Correct the line.")

    def _line_of(self, word: str, table: str) -> int:
        found, current = 1, ""
        for number, line in enumerate(self.text.splitlines(), start=1):
            heading = line.split("#")[0].strip()
            if heading.startswith("[") and heading.endswith("]") and '"' not in heading:
                current = heading.strip("[] ")
            if word in line and table in ("", current):
                found = number
        return found


def _names_by_category(file: _MapFile, table: str) -> dict[str, str]:
    category_of: dict[str, str] = {}
    for category, names in file.tables.get(table, {}).items():
        expected = _CATEGORIES[table]
        if category not in expected:
            what = f"unknown category {category!r}; expected {', '.join(expected)}{_nearest(category, expected)}"
            raise file.error(category, what, table=table)
        if not isinstance(names, list) or not all(isinstance(name, str) and name.strip() for name in names):
            raise file.error(category, f"{category} must be a list of names", table=table)
        for name in names:
            if category_of.setdefault(fold(name), category) != category:
                what = f"{name!r} stands under {category_of[fold(name)]} and under {category}"
                raise file.error(f'"{name}"', what, table=table)
    return category_of


def _use_by_name(file: _MapFile, table: str) -> dict[str, str]:
    use_of: dict[str, str] = {}
    for name, use in file.tables.get(table, {}).items():
        is_pool = isinstance(use, str) and use.startswith(_POOL) and use.removeprefix(_POOL).strip()
        if use not in _USES and not is_pool:
            raise file.error(
                name,
                f"unknown use {use!r}; expected {', '.join(_USES)} or pool:NAME{_nearest(use, _USES)}",
                table=table,
            )
        if fold(name) in use_of:
            raise file.error(name, f"{name!r} stands here twice", table=table)
        use_of[fold(name)] = use
    return use_of


def _nearest(word: object, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(str(word), list(known), n=1)
    return f" (did you mean {close[0]!r}?)" if close else ""
