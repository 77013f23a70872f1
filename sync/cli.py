"""The `whalecurve` command: its options, its errors, its exit codes."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import click

from sync.commands import demo, doctor, explain, exports, plan, sandbox, status, sync
from sync.commands.context import Invocation

HELP = """Work out what each client truly earns and write the tier to its CRM account record.

\b
A first look, no account needed:   whalecurve demo
On your own data:                  whalecurve doctor, then whalecurve plan
Every night, from cron:            whalecurve sync --yes
"""

EXIT_INTERRUPTED = 130
EXIT_USAGE = 2
EXIT_BUG = 1


@click.group(help=HELP, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="whalecurve", prog_name="whalecurve")
@click.option(
    "--config",
    type=click.Path(path_type=Path),
    help="Configuration file (else $WHALECURVE_CONFIG, else ./whalecurve.toml).",
)
@click.option("--env", "environment", metavar="NAME", help="Use the overrides of [env.NAME] in the configuration.")
@click.option("--json", "as_json", is_flag=True, help="Answer with one JSON object; amounts are strings.")
@click.option("-q", "--quiet", is_flag=True, help="No progress on stderr.")
@click.option("-v", "--verbose", count=True, help="More on stderr; -vv shows tracebacks.")
@click.option("--log-format", type=click.Choice(["plain", "json"]), default="plain", help="Form of the progress lines.")
@click.pass_context
def app(
    context: click.Context,
    *,
    config: Path | None,
    environment: str | None,
    as_json: bool,
    quiet: bool,
    verbose: int,
    log_format: str,
) -> None:
    """Collect the options that every command shares."""
    context.obj = Invocation(
        config=config, environment=environment, as_json=as_json, quiet=quiet, verbosity=verbose, log_format=log_format
    )


for command in (
    demo.demo,
    plan.plan,
    sync.sync,
    explain.explain,
    status.status,
    doctor.doctor,
    exports.exports,
    sandbox.sandbox,
):
    app.add_command(command)


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and leave with its exit code (`docs/exit-codes.md`)."""
    sys.exit(run(list(sys.argv[1:] if arguments is None else arguments)))


def run(arguments: list[str]) -> int:
    """Run one command and return its exit code; every error is told on stderr, bugs alone with a traceback."""
    from profitability.errors import WhalecurveError

    try:
        _refuse_foreign_packages()
        code = app.main(arguments, prog_name="whalecurve", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return EXIT_USAGE
    except (KeyboardInterrupt, click.Abort):
        click.echo("interrupted; nothing is left half-done: run the command again", err=True)
        return EXIT_INTERRUPTED
    except WhalecurveError as error:
        return _tell(error, traceback_wanted="-vv" in arguments)
    return code if isinstance(code, int) else 0


def _tell(error: Exception, *, traceback_wanted: bool) -> int:
    import traceback

    from sync.exit_codes import exit_code

    if traceback_wanted:
        traceback.print_exception(error)
    click.echo(f"error {getattr(error, 'code', '')}: {error}", err=True)
    return exit_code(error)


def _refuse_foreign_packages() -> None:
    """Stop when `connectors` or `profitability` is another product's package of the same name."""
    import connectors
    import profitability
    from sync.errors import ConfigError

    for package in (connectors, profitability):
        if getattr(package, "DISTRIBUTION", "") != "whalecurve":
            raise ConfigError(
                f"the package {package.__name__!r} found there is not whalecurve's",
                where=str(package.__file__),
                remedy="Install whalecurve alone in its own environment: uv tool install, pipx, or a fresh venv.",
            )
