"""What every command is given: the shared options, today's date, progress lines, answers."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from profitability.errors import WhalecurveError
    from sync.nightly import Clocks
    from sync.settings import Settings

SCHEMA_VERSION = 1


@dataclass(frozen=True, slots=True)
class Invocation:
    """The options before the command's name."""

    config: Path | None = None
    environment: str | None = None
    as_json: bool = False
    quiet: bool = False
    is_verbose: bool = False
    log_format: str = "plain"

    def settings(self) -> Settings:
        """Read the configuration (raises ConfigError with every problem in it)."""
        from sync.settings import load_settings

        return load_settings(self.config, environ=os.environ, env=self.environment)

    def today(self) -> date:
        """Return today's date: the one place where the product reads the calendar."""
        return self.now().astimezone().date()

    def now(self) -> datetime:
        """Return the time in UTC: the one place where the product reads the clock."""
        return datetime.now(UTC)

    def clocks(self) -> Clocks:
        """Return calendar, clock and voice, as a run takes them."""
        from sync.nightly import Clocks

        return Clocks(today=self.today(), now=self.now, tell=self.progress)

    def progress(self, stage: str, **facts: object) -> None:
        """Tell one stage on stderr, one line, plain or JSON."""
        if self.quiet:
            return
        if self.log_format == "json":
            line = json.dumps({"time": self.now().isoformat(), "stage": stage, **facts}, default=str)
        else:
            told = " ".join(f"{name}={value}" for name, value in facts.items())
            line = f"{self.now():%Y-%m-%dT%H:%M:%SZ} info stage={stage} {told}".rstrip()
        click.echo(line, err=True)

    def answer(self, text: str, data: Mapping[str, Any]) -> None:
        """Print the answer on stdout: the text, or with --json one object."""
        if self.as_json:
            document = {"schema_version": SCHEMA_VERSION, **data}
            click.echo(json.dumps(document, default=str, ensure_ascii=False, allow_nan=False))
        else:
            click.echo(text)

    def refuse(self, error: WhalecurveError) -> int:
        """Tell an error on stderr, answer it with --json, and return its exit code."""
        from sync.report.errors import error_data

        if self.as_json:
            self.answer("", {"error": error_data(error)})
        return self.tell_error(error)

    def tell_error(self, error: WhalecurveError) -> int:
        """Tell an error on stderr, with -v its traceback too, and return its exit code."""
        from sync.exit_codes import exit_code

        if self.is_verbose:
            import traceback

            traceback.print_exception(error)
        click.echo(f"error {error.code}: {error}", err=True)
        return exit_code(error)
