"""Turn the cells of one column into values, by the column's rules and the forms of the file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from connectors.exports.binding import SPAN_MARK, BoundColumn, Forms
from connectors.exports.cells import (
    NUMBER_FORMATS,
    CellFaultError,
    CellIn,
    Number,
    as_text,
    is_blank,
    money_minor,
    read_boolean,
    read_date,
    read_decimal,
    read_integer,
    read_number,
)
from connectors.exports.durations import elapsed_seconds, read_duration_seconds
from connectors.exports.reading import Cell
from connectors.exports.records import Field
from profitability.units import minor_digits

_DEFAULT_FORMS = Forms(NUMBER_FORMATS["plain"], "%Y-%m-%d", "hours")
_MOST_REMEMBERED = 1 << 16
_MOST_ROUNDED_SECONDS = 60
"""What clocks without seconds leave open."""


@dataclass(frozen=True, slots=True)
class ColumnReader:
    """Reads one column of one file; `target` is the field that it fills, None for a column that only serves others.

    Texts that came before are remembered, not read again.
    """

    bound: BoundColumn
    forms: Forms
    target: Field | None
    _known: dict[tuple[str, CellIn, str], Cell] = field(default_factory=dict)

    def value(self, cell: CellIn, cells: Sequence[CellIn], currency: str) -> Cell:
        """Return the value of a cell in its row, None where it is blank and may be.

        Raises:
            CellFaultError: the cell does not fit, or is blank and must not be.
        """
        minus, cell = self.bound.minus_cell(cells), self.bound.filled(cell)
        if not isinstance(cell, str):  # in a workbook 1 and yes are equal keys
            return self._value(cell, minus, currency)
        key = cell, minus, currency
        if key not in self._known:
            if len(self._known) >= _MOST_REMEMBERED:
                self._known.clear()
            self._known[key] = self._value(cell, minus, currency)
        return self._known[key]

    def is_off(self, value: Cell, cells: Sequence[CellIn]) -> bool:
        """Tell whether a duration is not the time between the two ends that its row states as well.

        Ends that cannot be read, or that cross midnight under one day, say nothing.
        """
        span = self.bound.span
        if span is None or not isinstance(value, int):
            return False
        try:
            return abs(_duration_seconds(span, span.cell(cells), self.forms) - value) > _MOST_ROUNDED_SECONDS
        except CellFaultError:
            return False

    def difference(self, cell: CellIn, minus: CellIn) -> Number:
        """Return one amount less another, or both together, blanks being 0.

        Raises:
            CellFaultError: not amounts.
        """
        whole, part = (
            Number(Decimal(0)) if is_blank(operand) else read_number(operand, self.forms.numbers)
            for operand in (self.bound.filled(cell), minus)
        )
        return Number(whole.value + self.bound.operand_sign * part.value, whole.mark or part.mark)

    def _value(self, cell: CellIn, minus: CellIn, currency: str) -> Cell:
        column = self.bound.column
        cell = self.bound.captured(cell)
        is_absent = is_blank(cell) and is_blank(minus)
        if is_absent and self.bound.constant is not None:
            return self._allowed(_typed(self.bound, self.bound.constant, self.forms, currency))
        if is_absent and column.default is not None:
            return self._allowed(_typed(self.bound, column.default, _DEFAULT_FORMS, currency))
        if not is_absent:
            return self._allowed(self._convert(cell, minus, currency))
        if self._is_needed():
            raise CellFaultError("blank, but a record cannot do without it", "Fill the cell in the source.")
        return None

    def _is_needed(self) -> bool:
        empty = self.bound.column.empty
        return empty == "error" if empty is not None else self.target is not None and self.target.required

    def _convert(self, cell: CellIn, minus: CellIn, currency: str) -> Cell:
        column = self.bound.column
        if self.bound.minus_place is not None:
            return money_minor(self.difference(cell, minus), currency)
        if column.values:
            cell = self._translated(as_text(cell))
        return _typed(self.bound, cell, self.forms, currency)

    def _translated(self, text: str) -> str | bool:
        values = self.bound.column.values
        known = {word.casefold(): value for word, value in values.items()}
        if text.casefold() not in known:
            raise CellFaultError(
                f"none of {', '.join(values)}", f"Add it to `columns.{self.bound.name}.values` in your own mapping."
            )
        return known[text.casefold()]

    def _allowed(self, value: Cell) -> Cell:
        if self.bound.name == "currency":
            _check_currency(str(value))
        if self.target is None or not self.target.values:
            return value
        known = {word.casefold(): word for word in self.target.values}
        word = str(value).casefold()
        if word not in known:
            raise CellFaultError(f"none of {', '.join(self.target.values)}", "Mend the word in the source.")
        return known[word]


def _typed(bound: BoundColumn, cell: CellIn, forms: Forms, currency: str) -> Cell:
    value: Cell
    match bound.type:
        case "text":
            value = as_text(cell)
        case "date":
            value = read_date(cell, forms.date)
        case "money":
            value = money_minor(read_number(cell, forms.numbers), currency)
        case "duration":
            value = _duration_seconds(bound, cell, forms)
        case "decimal":
            value = read_decimal(cell, forms.numbers)
        case "integer":
            value = read_integer(cell, forms.numbers)
        case "boolean":
            value = read_boolean(cell)
    return value


def _duration_seconds(bound: BoundColumn, cell: CellIn, forms: Forms) -> int:
    if bound.end_places:
        start, _, end = as_text(cell).partition(SPAN_MARK)
        return elapsed_seconds(start, end, forms.date)
    return read_duration_seconds(cell, forms.numbers, forms.bare_duration)


def _check_currency(code: str) -> None:
    try:
        minor_digits(code)
    except ValueError as error:
        raise CellFaultError("not a currency code of ISO 4217", "Write it like EUR.") from error
