"""One thing that is wrong with the configuration, and the one error that tells them all."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal

from profitability.units import counted
from sync.errors import ConfigError

LONGEST_SHOWN = 24
"""Longer texts are described, not shown: a secret pasted into the wrong place must not end up in a log."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands: a file (or the name of a variable), with line and column from 1 where they are known."""

    name: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        numbers = [str(number) for number in (self.line, self.column) if number]
        return ":".join([self.name, *numbers])


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, in words for the person who edits the file."""

    place: Place
    what: str

    def __str__(self) -> str:
        return f"{self.place}: {self.what}"


def config_error(problems: Sequence[Problem], *, remedy: str) -> ConfigError:
    """Return one error that tells every problem once: file after file, each from top to bottom."""
    files = list(dict.fromkeys(problem.place.name for problem in problems))
    ordered = sorted(dict.fromkeys(problems), key=lambda problem: (files.index(problem.place.name), problem.place.line))
    if len(ordered) == 1:
        return ConfigError(ordered[0].what, where=str(ordered[0].place), remedy=remedy)
    listed = "".join(f"\n  {problem}" for problem in ordered)
    return ConfigError(f"{counted(len(ordered), 'problem')} in the configuration{listed}", remedy=remedy)


def shown(value: object) -> str:
    """Return a value the way it stands in TOML, or a description of what is long or may be secret."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        if len(value) > LONGEST_SHOWN:
            return f"a text of {len(value)} characters"
        return f'"{value}"' if value.isprintable() else "a text that cannot be printed"
    if isinstance(value, int | Decimal):
        return _shown_number(value)
    if isinstance(value, dict | list):
        return "a table" if isinstance(value, dict) else f"a list of {len(value)}"
    return value.isoformat() if isinstance(value, date | time) else "something else"


def _shown_number(value: int | Decimal) -> str:
    if isinstance(value, Decimal) and not value.is_finite():
        return "no finite number"
    is_short = abs(value) < 10**LONGEST_SHOWN
    text = str(value) if is_short else ""
    return text if 0 < len(text) <= LONGEST_SHOWN else "a number of many digits"


def nearest(word: str, known: Iterable[str], *, likeness: float = 0.7) -> str | None:
    """Return the known word that looks most like this one, if any comes close."""
    by_folded = {name.casefold(): name for name in known}
    close = difflib.get_close_matches(word.casefold(), by_folded, n=1, cutoff=likeness)
    return by_folded[close[0]] if close else None


def either(choices: Sequence[object]) -> str:
    """Return `"a", "b" or "c"`, the way each stands in TOML."""
    *most, last = [shown(choice) for choice in choices]
    return f"{', '.join(most)} or {last}" if most else last
