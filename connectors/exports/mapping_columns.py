"""What a mapping says of a row: the fields that it fills, the signs of its amounts, the rows that are one record."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, StrictBool, StrictInt, StrictStr, model_validator

from connectors.exports.mapping_part import MappingPart, Regex, Texts
from connectors.exports.records import FieldType

HOME_MARK = "{home}"
"""In a heading: the home currency."""


class Span(MappingPart):
    """A time span that the file states by its two ends: the headings of day and clock of each."""

    start: Annotated[Texts, Field(min_length=1)]
    end: Annotated[Texts, Field(min_length=1)]


class Column(MappingPart):
    """Where one field stands and how it is read.

    Attributes:
        headings: names of the column, best first; `{home}` stands for the home currency.
        nth: which one, where a heading stands more than once. join: headings whose texts are joined by a blank.
        minus, plus: column to take off (credit from debit, tax from total) or to add; blank counts as 0.
        otherwise: where none of the headings is there, a duration is the time from one moment to another (`else`).
        from_header: pattern that captures the value in the headings themselves.
        match: pattern whose capture is the value. blank: cells that count as blank, told before `match`.
        column: whether the file must have it. empty: what a blank cell is: an error, nothing, or no record.
        values: text in the file -> value. default: for a blank cell or an absent column.
    """

    headings: Texts = Field((), alias="from")
    nth: Annotated[StrictInt, Field(gt=0)] | None = None
    join: Texts = ()
    minus: Texts = ()
    plus: Texts = ()
    otherwise: Span | None = Field(None, alias="else")
    from_header: Regex | None = None
    match: Regex | None = None
    blank: Regex | None = None
    type: FieldType | None = None
    column: Literal["required", "optional"] = "optional"
    empty: Literal["error", "null", "skip"] | None = None
    values: dict[str, StrictStr | StrictBool] = Field(default_factory=dict)
    default: StrictStr | None = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.headings and self.join:
            raise ValueError("give `from` or `join`, not both")
        if self.minus and self.plus:
            raise ValueError("give `minus` or `plus`, not both")
        if self.column == "required" and not (self.headings or self.join):
            raise ValueError("a required column needs `from` or `join`")
        return self


SignRule = Literal["as_is", "invert", "magnitude", "negative", "positive"]


class Sign(MappingPart):
    """Which sign amounts take: by the value of a column.

    `magnitude` drops it, `negative` sets a minus, `positive` refuses amounts below zero.
    """

    column: StrictStr
    values: dict[str, SignRule]
    fields: Annotated[Texts, Field(min_length=1)]


class Key(MappingPart):
    """Several lines make one record: `once_per` names the columns that say which; what the lines repeat must agree.

    `add_up`: money columns that hold a part on each line.
    """

    once_per: Annotated[Texts, Field(min_length=1)]
    add_up: Texts = ()
