"""Write a first mapping for a file that nobody described yet: every guess is marked, with what it rests on.

The draft is read with the very reader that runs at night, and says what that gave. It is of grade S, so that nothing
counts before a person has looked.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from connectors.errors import InputError
from connectors.exports.archive import open_export
from connectors.exports.guesses import (
    FieldGuess,
    Table,
    distinct_texts,
    find_table,
    fitting_dates,
    fitting_numbers,
    guess_kind,
    is_bare_duration,
    is_lone,
    is_total,
    shape_of,
)
from connectors.exports.inspection import inspect_file
from connectors.exports.loading import MappingError, load_mappings
from connectors.exports.mapping import Mapping as ExportMapping
from connectors.exports.reading import ReadingStatus
from connectors.exports.records import KINDS, Field
from connectors.exports.source import FileFaultError, RawRow, TextGrid
from profitability.units import counted

_MOST_WORDS, _MOST_LINES, _MOST_EXAMPLES = 20, 5, 3
_NUMBERS = {"money", "decimal", "integer"}
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")


def draft_mapping(path: Path, mappings: Sequence[ExportMapping], *, home_currency: str) -> str:
    """Return the text of a mapping file for an export, with its guesses and what it would read as comments.

    Args:
        path: the file.
        mappings: what is known of formats; their headings are what a draft knows.
        home_currency: of amounts that state none.

    Raises:
        InputError: the file cannot be read, or holds no table.
    """
    try:
        with open_export(path) as source:
            text = _joined(_lines(path, find_table(source, mappings), mappings))
    except FileFaultError as fault:
        raise InputError(fault.problem.what, where=str(path), remedy=fault.problem.remedy) from fault
    return text + _joined(_trial(path, text, home_currency))


def _joined(lines: Iterable[str]) -> str:
    """Join lines; what a heading brings along (line breaks, control characters) must not leave its comment."""
    return "".join(f"{_CONTROL.sub(' ', line)}\n" for line in lines)


def _lines(path: Path, table: Table, mappings: Sequence[ExportMapping]) -> Iterator[str]:
    kind, guesses = guess_kind(table, mappings)
    yield "# A draft: correct what is marked, then compare the sums at the end with the report."
    yield f"name = {_quoted(_name(path))}"
    yield "version = 1"
    yield 'grade = "S" # raise it to "F" when the sums agree with the report'
    met = sum(guess.field.required for guess in guesses)
    needed = sum(field.required for field in KINDS[kind])
    yield f"record = {_quoted(kind)} # guessed: {met} of its {needed} required fields have a heading"
    yield f"about = {_quoted(path.name)}"
    yield from _read(table)
    yield from _format(table, guesses)
    yield from _rows(table)
    yield from _columns(table, kind, guesses)


def _read(table: Table) -> Iterator[str]:
    grid = table.grid
    what = f"{grid.encoding}, delimiter {grid.delimiter!r}" if isinstance(grid, TextGrid) else f"sheet {grid.sheet!r}"
    yield ""
    yield f"# the reader finds {what} by itself, and the headings on line {table.header.line}"
    if grid.reader != "table":
        yield "[read]"
        yield f"reader = {_quoted(grid.reader)}"


def _format(table: Table, guesses: Sequence[FieldGuess]) -> Iterator[str]:
    cells = {guess.field.name: table.cells(guess.place) for guess in guesses}
    spans = [cell for guess in guesses if guess.field.type == "duration" for cell in cells[guess.field.name]]
    numbers = [cell for guess in guesses if guess.field.type in _NUMBERS for cell in cells[guess.field.name]]
    days = [cell for guess in guesses if guess.field.type == "date" for cell in cells[guess.field.name]]
    is_bare = bool(spans) and is_bare_duration(spans)
    yield ""
    yield "[format]"
    yield _form("numbers", fitting_numbers(numbers + (spans if is_bare else [])), len(numbers), "plain")
    yield _form("dates", fitting_dates(days), len(days), "%Y-%m-%d")
    if is_bare:
        yield 'bare_duration = "hours" # guessed: bare numbers; are they hours, minutes or seconds?'


def _form(key: str, fitting: Sequence[str], count: int, fallback: str) -> str:
    """Several forms that fit are all given: the reader refuses a file that leaves the choice open."""
    values = list(fitting) or [fallback]
    cells = counted(count, "cell")
    told = f"fits all of {cells}" if len(fitting) == 1 else f"each of these fits all of {cells}: keep the right one"
    return f"{key} = {json.dumps(values)} # guessed: {told if fitting else f'nothing known fits {cells}'}"


def _rows(table: Table) -> Iterator[str]:
    totals = [row for row in table.rows if is_total(row)]
    lone = [row for row in table.rows if is_lone(row) and not is_total(row)]
    if not totals and not lone:
        return
    yield ""
    yield "[rows]"
    if totals:
        yield f"total = ['(?i)^(sub-?total|total|totaal|summe|gesamt|yhteensä)'] # guessed: {_lines_of(totals)}"
    if lone:
        yield f"# only the first cell is filled: {_lines_of(lone)}. Names of groups: `group`; notes: `skip`"


def _lines_of(rows: Sequence[RawRow]) -> str:
    shown = ", ".join(str(row.line) for row in rows[:_MOST_LINES])
    return f"line {shown}{' and more' if len(rows) > _MOST_LINES else ''}"


def _columns(table: Table, kind: str, guesses: Sequence[FieldGuess]) -> Iterator[str]:
    by_name = {guess.field.name: guess for guess in guesses}
    yield ""
    yield "[columns]"
    for field in KINDS[kind]:
        guess = by_name.get(field.name)
        if guess is not None:
            yield _column(table, guess)
        elif field.required:
            yield _missing(field)
    taken = {guess.place for guess in guesses}
    for place, heading in enumerate(table.header.cells):
        if heading and place not in taken:
            cells = table.cells(place)
            words = ", ".join(map(_quoted, list(distinct_texts(cells))[:_MOST_EXAMPLES]))
            yield f"# not read: {_quoted(heading)}: {shape_of(cells) or 'texts'} such as {words or 'nothing'}"


def _column(table: Table, guess: FieldGuess) -> str:
    need = ', column = "required"' if guess.field.required else ""
    words = f", values = {_values(table, guess)}" if guess.field.values else ""
    blank = len(table.rows) - len(table.cells(guess.place))
    told = guess.because + (f"; blank in {counted(blank, 'row')}" if blank else "")
    return f"{guess.field.name} = {{ from = [{_quoted(guess.heading)}]{need}{words} }} # guessed: {told}"


def _values(table: Table, guess: FieldGuess) -> str:
    """Return a table of the words that stand there; one that is no value of the field has a question mark."""
    known = {word.casefold(): word for word in guess.field.values}
    words = list(distinct_texts(table.cells(guess.place)))[:_MOST_WORDS]
    pairs = [f"{_quoted(word)} = {_quoted(known.get(word.casefold(), '?'))}" for word in words]
    return f"{{ {', '.join(pairs)} }}"


def _missing(field: Field) -> str:
    allowed = f"; one of {', '.join(field.values)}" if field.values else ""
    default = field.values[0] if field.values else "?"
    if field.type == "text":
        return f"{field.name} = {{ default = {_quoted(default)} }} # MISSING: no heading says {field.meaning}{allowed}"
    return f'# {field.name} = {{ from = ["?"], column = "required" }} # MISSING: no heading says {field.meaning}'


def _trial(path: Path, text: str, home_currency: str) -> Iterator[str]:
    """Tell what the reader makes of the file with the draft alone."""
    yield ""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "draft.toml").write_text(text, encoding="utf-8")
        try:
            drafted = load_mappings(Path(folder))
        except MappingError as error:
            yield f"# As it stands it is no mapping yet: {error.what}"
            return
        seen = inspect_file(path, drafted, home_currency=home_currency)
    yield f"# As it stands: {seen.reading.status}, {counted(len(seen.reading.records), 'record')}"
    if seen.reading.status is ReadingStatus.ACCEPTED:
        yield from (f"#   {total:,.2f}  {name}" for name, total in seen.sums.items())
    problems = [f"line {problem.line}, {problem.column}: {problem.what}" for problem in seen.reading.problems]
    yield from (f"#   {told}" for told in [*problems[:_MOST_LINES], *seen.reading.why_not])


def _name(path: Path) -> str:
    return re.sub(r"[^a-z0-9]+", "-", path.stem.casefold()).strip("-") or "draft"


def _quoted(text: str) -> str:
    """Return a TOML basic string: JSON writes the same, but for DEL."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
