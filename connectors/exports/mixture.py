"""Tell a text that is windows-1252 from one in UTF-8 with a few bytes spoilt: one such byte makes all of it look wrong.

Read as windows-1252, `Käyttö` of an UTF-8 file comes out as `KÃ¤yttÃ¶`, in rows that nobody touched.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace

from connectors.exports.reading import Problem
from connectors.exports.source import FileFaultError, TextGrid, lines_of

_LETTER = re.compile(
    r"(?P<whole>[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3})|[\x80-\xff]"
)
"""A letter of UTF-8 that is not ASCII, or a byte that belongs to none; each byte is one character here."""

_REMEDY = "Export again, as UTF-8; or set `encoding` in a mapping of your own."


@dataclass(frozen=True, slots=True)
class Mixture:
    """How many letters are whole in UTF-8, how many bytes belong to none, and the line of the first of these."""

    whole: int
    stray: int
    line: int

    def problems(self) -> tuple[Problem, ...]:
        """Return what people must know: nothing where no letter is whole, as in nearly every windows-1252 text.

        Raises:
            FileFaultError: most are whole, so that the text is UTF-8 and damaged.
        """
        if self.whole > self.stray:
            raise FileFaultError("a byte that is no UTF-8, as the rest of the file is", _REMEDY, line=self.line)
        if not self.whole:
            return ()
        what = f"{self.whole:,} letters look like UTF-8, but this line does not: all is read as windows-1252"
        return (Problem(self.line, "", "", what, _REMEDY),)


def mixture_of(grid: TextGrid) -> Mixture:
    """Count the letters of a text.

    Raises:
        FileFaultError: an endless line.
    """
    whole, stray, first_line = 0, 0, 0
    for number, line in enumerate(lines_of(replace(grid, encoding="latin-1")), start=grid.skip_lines + 1):
        if line.isascii():
            continue
        letters = Counter(letter["whole"] is not None for letter in _LETTER.finditer(line))
        whole, stray = whole + letters[True], stray + letters[False]
        first_line = first_line or (number if letters[False] else 0)
    return Mixture(whole, stray, first_line)
