"""The mapping language: what a TOML file in `config/exports/` can say about a format.

A mapping describes one report of one system. It states everything that decides how a cell reads; where it lists
several forms (`numbers`, `dates`), the file as a whole must tell which one it uses, or it is refused.
`config/exports/README.md` explains the language to those who write mappings; `connectors.exports.loading` reads them.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, StrictInt, StrictStr, model_validator

from connectors.exports.cells import NUMBER_FORMATS, NumberFormat
from connectors.exports.chart import Ledger
from connectors.exports.datev_chart import Readers
from connectors.exports.durations import DurationUnit
from connectors.exports.mapping_columns import Column, Key, Sign
from connectors.exports.mapping_part import GROUP_MARK, MappingPart, Regex, Texts
from connectors.exports.mapping_rules import mapping_problems
from connectors.exports.reading import Scope
from connectors.exports.records import KINDS, FieldType
from connectors.exports.records import Field as RecordField

Grade = Literal["F", "T", "S"]
"""Evidence: F a whole file of the system was read, T header and rows seen in public tests, S only claimed somewhere."""

Reader = Literal["table", "xaf", "saft", "datev"]
"""What makes a table of the file: `table` takes text and sheets as they are, others are in `builtin`."""

_HEADER_WITHIN_ROWS = 60


class Match(MappingPart):
    """Which files the mapping is for; all that is given must hold.

    Attributes:
        file: name patterns, one of which must fit. title: fits a cell above the headings.
        first_row: heading -> pattern of its cell in the first filled row; a heading that is absent is no hindrance.
    """

    file: Texts = ()
    title: Regex | None = None
    first_row: dict[str, Regex] = Field(default_factory=dict)


class Read(MappingPart):
    """How the bytes become rows: what is not said is found out, but never guessed."""

    reader: Reader = "table"
    encoding: StrictStr = "auto"
    delimiter: Annotated[StrictStr, Field(min_length=1, max_length=1)] | None = None
    sheet: StrictStr | None = None
    header_within: Annotated[StrictInt, Field(gt=0)] = _HEADER_WITHIN_ROWS


class OwnNumbers(MappingPart):
    """A way of writing numbers that has no name yet."""

    group: StrictStr
    decimal: Annotated[StrictStr, Field(min_length=1, max_length=1)]


NumberName = Literal["plain", "en", "nl", "de", "fi", "fr", "sv", "ch"]


class Format(MappingPart):
    """How cells are written. Several `numbers` or `dates`: the file must show which."""

    numbers: NumberName | OwnNumbers | Annotated[tuple[NumberName, ...], Field(min_length=1)] = "plain"
    dates: Annotated[Texts, Field(min_length=1)] = ("%Y-%m-%d",)
    bare_duration: DurationUnit | None = None

    def number_formats(self) -> tuple[NumberFormat, ...]:
        """Return the ways of writing numbers that a file may use, each once."""
        if isinstance(self.numbers, OwnNumbers):
            return (NumberFormat(self.numbers.group, self.numbers.decimal),)
        names = (self.numbers,) if isinstance(self.numbers, str) else self.numbers
        return tuple(dict.fromkeys(NUMBER_FORMATS[name] for name in names))


class PreambleDate(MappingPart):
    """A date in the title lines or in the file's name: `match` captures it, `dates` read it."""

    match: Regex
    dates: Annotated[Texts, Field(min_length=1)]
    place: Literal["title", "name"] = Field("title", alias="in")


class Preamble(MappingPart):
    """The period that the file says it covers (first and last day, or one month), and whose books it says it holds."""

    period_start: PreambleDate | None = None
    period_end: PreambleDate | None = None
    period_month: PreambleDate | None = None
    company: Regex | None = None


class Rows(MappingPart):
    """What each row is, told by the first filled cell (`total`, `skip`) or by a column (`keep`, `drop`).

    Attributes:
        group: column that takes the text of a row in which only the first cell is filled.
        carry_down: columns whose blank cells repeat the row above, within a group.
        group_row: pattern of the first cell of a row that names a group though more of its cells are filled; what it
            captures is the name.
        may_lack: columns that the source leaves out at the end of a row where they are blank.
        keep, drop: column -> its texts. A row that `drop` lists is left out; with `keep`, any other is an error.
    """

    group: StrictStr | None = None
    group_row: Regex | None = None
    may_lack: Texts = ()
    total: tuple[Regex, ...] = ()
    skip: tuple[Regex, ...] = ()
    carry_down: Texts = ()
    keep: dict[str, Texts] = Field(default_factory=dict)
    drop: dict[str, Texts] = Field(default_factory=dict)


class Check(MappingPart):
    """A control figure: a total row (`row`), or a figure repeated on the lines it adds up (`per` and `equals`).

    Attributes:
        row: pattern of the first cell; with `{group}` it closes the group of that name, else it speaks for the file.
        sum: the column added up. required: must the row be there (`text`: only in text files, which can be cut)?
        remedy: what to do where the figures differ, if not to export again.
    """

    sum: StrictStr
    row: Regex | None = None
    required: Literal["always", "text", "never"] = "always"
    per: Texts = ()
    equals: StrictStr | None = None
    remedy: StrictStr | None = None
    on_fail: Literal["error", "warn", "off"] = "error"

    @property
    def is_of_group(self) -> bool:
        """Whether the total row closes a group."""
        return self.row is not None and GROUP_MARK in self.row

    @model_validator(mode="after")
    def _check(self) -> Self:
        if (self.row is None) == (not self.per) or (bool(self.per) != (self.equals is not None)):
            raise ValueError("give `row`, or `per` with `equals`")
        return self


class Caution(MappingPart):
    """What a reader of the figures must know of every file of the format, and what to do about it."""

    what: StrictStr
    remedy: StrictStr


class Example(MappingPart):
    """An embedded test: this text (or this file beside the mapping) gives so many rows and these sums."""

    text: StrictStr | None = None
    file: StrictStr | None = None
    name: StrictStr = "example.csv"
    home_currency: StrictStr = "EUR"
    rows: StrictInt = 0
    sum: dict[str, StrictStr] = Field(default_factory=dict)
    refused: Regex | None = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        if (self.text is None) == (self.file is None):
            raise ValueError("give `text` or `file`")
        return self


class Mapping(MappingPart):
    """One format. `record` names the kinds of `connectors.exports.records` that each row gives.

    A column whose name begins with `_` is no field: it only serves `rows`, `sign`, `key` and checks. Where two kinds
    share a field and mean different cells by it, columns are named `kind.field`.
    """

    name: Annotated[StrictStr, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]
    version: Annotated[StrictInt, Field(gt=0)]
    grade: Grade
    record: StrictStr | Annotated[Texts, Field(min_length=1)]
    about: StrictStr = ""
    scope: Scope = "period"
    caution: Caution | None = None
    match: Match = Match()
    read: Read = Read()
    reader: Readers = Readers()
    format: Format = Format()
    preamble: Preamble = Preamble()
    rows: Rows = Rows()
    ledger: Ledger = Ledger()
    columns: dict[str, Column]
    sign: Sign | None = None
    key: Key | None = None
    check: tuple[Check, ...] = ()
    test: tuple[Example, ...] = ()

    @property
    def kinds(self) -> tuple[str, ...]:
        """Return the record kinds, in order."""
        return (self.record,) if isinstance(self.record, str) else self.record

    def fields(self) -> dict[str, RecordField]:
        """Return the fields of all its kinds by the names of their columns."""
        return {self.column_of(kind, field): field for kind in self.kinds for field in KINDS[kind]}

    def column_of(self, kind: str, field: RecordField) -> str:
        """Return the column that fills a field of a kind: `kind.field` if there is one, else the one named like it."""
        own = f"{kind}.{field.name}"
        return own if own in self.columns else field.name

    def column_type(self, name: str) -> FieldType:
        """Return how a column is read: as its field says, else as the mapping says, else as text."""
        field = self.fields().get(name)
        return field.type if field else self.columns[name].type or "text"

    @model_validator(mode="after")
    def _check(self) -> Self:
        problems = tuple(mapping_problems(self))
        if problems:
            raise ValueError("; ".join(problems))
        return self
