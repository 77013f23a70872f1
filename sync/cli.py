"""The `whalecurve` command: its options, its errors, its exit codes."""

from __future__ import annotations

import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import click

from sync.commands import demo, doctor, explain, exports, match, plan, sandbox, status, sync, taken
from sync.commands.context import Invocation
from sync.exit_codes import ExitCode

HELP = """Work out what each client truly earns and write the tier to its CRM account record.

\b
A first look, no account needed:   whalecurve demo
On your own data:                  whalecurve doctor, then whalecurve plan
Every night, from cron:            whalecurve sync --yes
"""

_NEXT = "run the command again: a sync begins by settling what was under way"


class _Commands(click.Group):
    """Tells the errors of every command in the form that its caller asked for."""

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; an expected error is told and becomes the exit code."""
        from profitability.errors import WhalecurveError

        try:
            return super().invoke(ctx)
        except WhalecurveError as error:
            return ctx.obj.refuse(error)


@click.group(
    cls=_Commands, help=HELP, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(package_name="whalecurve", prog_name="whalecurve")
@click.option(
    "--config",
    type=click.Path(path_type=Path),
    help="Configuration file (else $WHALECURVE_CONFIG, else ./whalecurve.toml).",
)
@click.option("--env", "environment", metavar="NAME", help="Use the overrides of [env.NAME] in the configuration.")
@click.option("--json", "as_json", is_flag=True, help="Answer with one JSON object; amounts are strings.")
@click.option("-q", "--quiet", is_flag=True, help="No progress on stderr.")
@click.option("-v", "--verbose", is_flag=True, help="Show the traceback of an error.")
@click.option("--log-format", type=click.Choice(["plain", "json"]), default="plain", help="Form of the progress lines.")
@click.pass_context
def app(
    context: click.Context,
    *,
    config: Path | None,
    environment: str | None,
    as_json: bool,
    quiet: bool,
    verbose: bool,
    log_format: str,
) -> None:
    """Collect the options that every command shares."""
    context.obj = Invocation(
        config=config, environment=environment, as_json=as_json, quiet=quiet, is_verbose=verbose, log_format=log_format
    )


for command in (
    demo.demo,
    plan.plan,
    sync.sync,
    explain.explain,
    status.status,
    doctor.doctor,
    match.match,
    exports.exports,
    sandbox.sandbox,
):
    app.add_command(command)

for command in (taken.history, taken.remove, taken.restore, taken.accept):
    exports.exports.add_command(command)


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and leave with its exit code (`docs/exit-codes.md`)."""
    signal.signal(signal.SIGTERM, _terminate)
    sys.exit(run(list(sys.argv[1:] if arguments is None else arguments)))


def run(arguments: list[str]) -> int:
    """Run one command and return its exit code; every error is told on stderr, bugs alone with a traceback."""
    _refuse_foreign_packages()
    try:
        code = app.main(arguments, prog_name="whalecurve", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return ExitCode.CONFIG
    except (KeyboardInterrupt, click.Abort):
        click.echo(f"interrupted; {_NEXT}", err=True)
        return ExitCode.INTERRUPTED
    except _Terminated:
        click.echo(f"ended by a signal; {_NEXT}", err=True)
        return ExitCode.TERMINATED
    return code if isinstance(code, int) else 0


class _Terminated(BaseException):
    """SIGTERM as an exception, as Ctrl-C is one: the run is recorded as ended on the way out."""


def _terminate(*_signal: object) -> NoReturn:
    raise _Terminated


def _refuse_foreign_packages() -> None:
    """Stop when `connectors` or `profitability` is another product's package of the same name."""
    import connectors
    import profitability

    for package in (connectors, profitability):
        if getattr(package, "DISTRIBUTION", "") != "whalecurve":
            click.echo(
                f"error WC-010: {package.__file__}: the package {package.__name__!r} found there is not whalecurve's\n"
                "  do: Install whalecurve alone in its own environment: uv tool install, pipx, or a fresh venv.",
                err=True,
            )
            sys.exit(ExitCode.CONFIG)
