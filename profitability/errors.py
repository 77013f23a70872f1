"""The error that a user can act on: where, what, what to do."""

from __future__ import annotations


class WhalecurveError(Exception):
    """An expected failure, told in three parts and shown without a traceback.

    Attributes:
        code: `WC-###`, stable, listed with its remedy in `docs/errors.md`.
        where: file:line:column, configuration key, CRM record or host; empty where there is none.
        what: what was found and what was expected.
        remedy: what to do about it.

    A subclass names the kind of recovery; `sync.exit_codes` maps it to the process exit code.
    """

    code = "WC-000"

    def __init__(self, what: str, *, where: str = "", remedy: str = "", code: str = "") -> None:
        self.what = what
        self.where = where
        self.remedy = remedy
        self.code = code or type(self).code
        super().__init__(what)

    def __str__(self) -> str:
        """Return `where: what` on one line and the remedy, where given, on the next."""
        headline = f"{self.where}: {self.what}" if self.where else self.what
        return f"{headline}\n  do: {self.remedy}" if self.remedy else headline


class DataError(WhalecurveError):
    """The facts contradict a rule that every verdict rests on; nothing is published."""

    code = "WC-040"


class BooksError(DataError):
    """The accounts and the firm's books, computed two ways, differ; nothing is published."""

    code = "WC-041"


class ControlTotalError(DataError):
    """The facts do not meet a control total of the books; nothing is published."""

    code = "WC-042"


class EngineError(WhalecurveError):
    """The engine that was asked for is not installed, or cannot be reached; nothing is computed."""

    code = "WC-043"
