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
    verbosity: int = 0
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
            click.echo(json.dumps({"schema_version": SCHEMA_VERSION, **data}, default=str, ensure_ascii=False))
        else:
            click.echo(text)
