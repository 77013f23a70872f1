"""The part of SOQL that a connector needs, as text -> `Query`.

    SELECT field | COUNT() FROM object [WHERE ...] [ORDER BY field [ASC|DESC], ...] [LIMIT n]

with =, !=, <, <=, >, >=, LIKE, IN, NOT IN, AND, OR, NOT and brackets. What else the vendor knows is
refused as malformed, never half understood.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

_TOKEN = re.compile(
    r"""\s*(?:
      (?P<string>'(?:[^'\\]|\\.)*')
    | (?P<moment>\d{4}-\d{2}-\d{2}(?:T[0-9:.]+(?:Z|[+-]\d{2}:?\d{2}))?)
    | (?P<number>[+-]?\d+(?:\.\d+)?)
    | (?P<word>[A-Za-z_][\w.]*)
    | (?P<mark><=|>=|!=|<>|[=<>(),])
    )""",
    re.VERBOSE,
)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t"}


class SoqlError(Exception):
    """The text is not SOQL that we know."""


class Literal(NamedTuple):
    """A value in a condition, and how it was written: string, moment, number or word."""

    kind: str
    value: Any


class Comparison(NamedTuple):
    """One field against one literal, or (IN, NOT IN) against several."""

    path: str
    operator: str
    literals: tuple[Literal, ...]


Condition: TypeAlias = Callable[[Callable[[Comparison], bool]], bool]
"""The AND, OR and NOT of a query: given what each comparison comes to, tells what the whole does."""


@dataclass(frozen=True, slots=True)
class Query:
    """A parsed query.

    Attributes:
        fields: field paths in the order asked for; empty for `COUNT()`.
        comparisons: every comparison of the condition.
        is_plain: the comparisons are joined by AND alone.
        order_by: field path, and whether it descends.
    """

    text: str
    fields: tuple[str, ...]
    object: str
    condition: Condition
    comparisons: tuple[Comparison, ...]
    is_plain: bool
    order_by: tuple[tuple[str, bool], ...]
    limit: int | None

    @property
    def paths(self) -> tuple[str, ...]:
        """Every field that the query names."""
        return (*self.fields, *(each.path for each in self.comparisons), *(path for path, _ in self.order_by))


def parse_soql(text: str) -> Query:
    """Parse a query.

    Raises:
        SoqlError: not SOQL, or a part of it that the sandbox does not know.
    """
    return _Parser(text).query()


class _Token(NamedTuple):
    kind: str
    text: str


def _tokens(text: str) -> list[_Token]:
    tokens, position, end = [], 0, len(text.rstrip())
    while position < end:
        match = _TOKEN.match(text, position)
        if match is None:
            raise SoqlError(f"unexpected token: '{text[position:].split(maxsplit=1)[0]}'")
        tokens.append(_Token(str(match.lastgroup), match.group(str(match.lastgroup))))
        position = match.end()
    return tokens


class _Parser:
    """Recursive descent, one method a rule."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = _tokens(text)
        self._position = 0
        self._comparisons: list[Comparison] = []
        self._is_plain = True

    def query(self) -> Query:
        self._expect("SELECT")
        fields = self._selected()
        self._expect("FROM")
        object_name = self._word()
        condition = self._any_of() if self._take("WHERE") else _always
        order_by = self._ordering() if self._take("ORDER") else ()
        limit = self._count() if self._take("LIMIT") else None
        if self._position < len(self._tokens):
            raise SoqlError(f"unexpected token: '{self._tokens[self._position].text}'")
        comparisons = tuple(self._comparisons)
        return Query(self._text, fields, object_name, condition, comparisons, self._is_plain, order_by, limit)

    def _selected(self) -> tuple[str, ...]:
        first = self._word()
        if first.upper() == "COUNT":
            self._expect("(")
            self._expect(")")
            return ()
        fields = [first]
        while self._take(","):
            fields.append(self._word())
        return tuple(fields)

    def _ordering(self) -> tuple[tuple[str, bool], ...]:
        self._expect("BY")
        keys = []
        while True:
            path = self._word()
            descends = self._take("DESC")
            if not descends:
                self._take("ASC")
            keys.append((path, descends))
            if not self._take(","):
                return tuple(keys)

    def _count(self) -> int:
        number = self._next("number")
        if not number.isdigit():
            raise SoqlError(f"unexpected token: '{number}'")
        return int(number)

    def _any_of(self) -> Condition:
        parts = [self._all_of()]
        while self._take("OR"):
            self._is_plain = False
            parts.append(self._all_of())
        return parts[0] if len(parts) == 1 else lambda test: any(part(test) for part in parts)

    def _all_of(self) -> Condition:
        parts = [self._single()]
        while self._take("AND"):
            parts.append(self._single())
        return parts[0] if len(parts) == 1 else lambda test: all(part(test) for part in parts)

    def _single(self) -> Condition:
        if self._take("NOT"):
            self._is_plain = False
            inner = self._single()
            return lambda test: not inner(test)
        if self._take("("):
            inner = self._any_of()
            self._expect(")")
            return inner
        return self._comparison()

    def _comparison(self) -> Condition:
        path = self._word()
        operator = self._operator()
        literals = self._literals() if operator.endswith("IN") else (self._literal(),)
        comparison = Comparison(path, operator, literals)
        self._comparisons.append(comparison)
        return lambda test: test(comparison)

    def _operator(self) -> str:
        if self._take("LIKE"):
            return "LIKE"
        if self._take("IN"):
            return "IN"
        if self._take("NOT"):
            self._expect("IN")
            return "NOT IN"
        operator = self._next("mark")
        if operator in "(),":
            raise SoqlError(f"unexpected token: '{operator}'")
        return operator

    def _literals(self) -> tuple[Literal, ...]:
        self._expect("(")
        literals = [self._literal()]
        while self._take(","):
            literals.append(self._literal())
        self._expect(")")
        return tuple(literals)

    def _literal(self) -> Literal:
        token = self._any_token()
        if token.kind == "string":
            return Literal("string", re.sub(r"\\(.)", lambda m: _ESCAPES.get(m[1], m[1]), token.text[1:-1]))
        if token.kind == "number":
            return Literal("number", float(token.text))
        if token.kind == "moment":
            return Literal("moment", token.text)
        if token.text.lower() in _WORDS:
            return Literal("word", _WORDS[token.text.lower()])
        raise SoqlError(f"unexpected token: '{token.text}'")

    def _peek(self) -> str:
        return self._tokens[self._position].text if self._position < len(self._tokens) else ""

    def _any_token(self) -> _Token:
        if self._position == len(self._tokens):
            raise SoqlError("unexpected token: '<EOF>'")
        self._position += 1
        return self._tokens[self._position - 1]

    def _next(self, kind: str) -> str:
        token = self._any_token()
        if token.kind != kind:
            raise SoqlError(f"unexpected token: '{token.text}'")
        return token.text

    def _word(self) -> str:
        return self._next("word")

    def _take(self, text: str) -> bool:
        is_next = self._peek().upper() == text
        self._position += is_next
        return is_next

    def _expect(self, text: str) -> None:
        if not self._take(text):
            raise SoqlError(f"expecting {text}, found '{self._peek() or '<EOF>'}'")


_WORDS: Mapping[str, Any] = {"true": True, "false": False, "null": None}


def _always(_test: Callable[[Comparison], bool]) -> bool:
    return True
