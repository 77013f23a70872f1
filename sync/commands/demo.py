"""`whalecurve demo`: the main job on both sandboxes, from files to the account page."""

from __future__ import annotations

import shutil
import sys
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sync.commands.context import Invocation
from sync.commands.exports import folder_text, read_folder
from sync.report.tables import table

if TYPE_CHECKING:
    from sync.nightly import Clocks

EXPLAINED = "Grove Events"
MARKER = "whalecurve-demo"


@click.command()
@click.option("--folder", type=click.Path(path_type=Path, file_okay=False), default=Path("demo"), show_default=True)
@click.option(
    "--port", type=click.IntRange(0, 65535), default=0, help="Port of the sandbox on 127.0.0.1 (default: any)."
)
@click.pass_obj
def demo(invocation: Invocation, *, folder: Path, port: int) -> int:
    """Run the main job on a made-up firm, on a Salesforce and a HubSpot of this machine.

    Reads the firm's exports, proves the books, plans, writes the tiers, shows the account page, explains one account,
    and syncs once more to show that nothing is left to write. FOLDER is made anew each time and can be looked at after.

    \b
    Example:  whalecurve demo
    """
    from connectors.fields import load_fields
    from connectors.sandbox.server import Sandbox
    from sync.demo_firm import seed_if_new, write_folder
    from sync.settings import shipped_config

    _clear(folder)
    database = folder / "sandbox.sqlite"
    with Sandbox(database, fields=load_fields(shipped_config("fields.toml")), port=port) as box:
        seed_if_new(box)
        configs = write_folder(folder, box)
        exports = folder / "exports"
        _title(f"whalecurve exports check {exports}")
        click.echo(folder_text(read_folder(exports, "EUR"), exports, None))
        clocks = invocation.clocks()
        for crm, config in configs.items():
            _run(replace(invocation, config=config), clocks, crm, folder)
        address = box.url
    program = "whalecurve" if shutil.which("whalecurve") else sys.argv[0]
    click.echo("Look around:")
    click.echo(f"  {program} sandbox {database} --port {address.rsplit(':', 1)[1]}      then open {address}/")
    click.echo(f'  {program} --config {configs["salesforce"]} explain "{EXPLAINED}" --lines')
    return 0


def _clear(folder: Path) -> None:
    """Make the folder empty; a folder that holds anything but an earlier demo is left alone."""
    marker = folder / MARKER
    if folder.exists() and any(folder.iterdir()) and not marker.exists():
        raise click.UsageError(f"{folder} is not empty and no earlier demo: give another --folder")
    try:
        if marker.exists():
            shutil.rmtree(folder)
        folder.mkdir(parents=True, exist_ok=True)
        marker.write_text("Made by `whalecurve demo`; it is removed and made anew by the next one.\n", encoding="utf-8")
    except OSError as error:
        raise click.UsageError(f"{folder} cannot be made anew ({error.strerror}): give another --folder") from error


def _run(invocation: Invocation, clocks: Clocks, crm: str, folder: Path) -> None:
    """Run the main job on one CRM and show each step."""
    from sync.crm import connected
    from sync.demo_firm import TODAY
    from sync.explaining import find_account, find_run
    from sync.nightly import run_plan, run_saved_plan, run_sync
    from sync.report.account import account_text
    from sync.report.outcome import outcome_text
    from sync.report.plan import plan_text

    settings = invocation.settings()
    clocks = replace(clocks, today=TODAY, tell=lambda *_, **__: None)
    _title(f"{crm}: whalecurve plan")
    planned = run_plan(settings, clocks)
    click.echo(plan_text(planned))

    _title(f'{crm}: whalecurve sync --plan {planned.plan.plan_id} --reason "first run, checked"')
    first = run_saved_plan(settings, clocks, plan_id=planned.plan.plan_id, reason="first run, checked")
    click.echo(outcome_text(first))

    evidence = find_run(settings, None)
    row = find_account(evidence, EXPLAINED)
    with connected(settings) as connector:
        url = connector.record_url(row["account_id"])
    _show_page(url, crm, folder / f"account-page-{crm}.html")

    _title(f'{crm}: whalecurve explain "{EXPLAINED}"')
    click.echo(account_text(evidence, row, None))

    _title(f"{crm}: whalecurve sync --yes, once more")
    second = run_sync(settings, clocks, approve=lambda _: True)
    click.echo(outcome_text(second) + "\n")


def _show_page(url: str, crm: str, path: Path) -> None:
    """Fetch the page that a CRM user would see, keep it, and print its fields."""
    import requests

    _title(f"{crm}: the account page, {url}")
    page = requests.get(url, timeout=10)
    page.raise_for_status()
    path.write_text(page.text, encoding="utf-8")
    fields = _Fields()
    fields.feed(page.text)
    click.echo("\n".join([*table(fields.rows), f" (the page as HTML: {path})"]))


class _Fields(HTMLParser):
    """Collects label and value of every field of a page (`dt`, and the `dd` after it that is no help text)."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[tuple[str, str]] = []
        self._inside = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "dt":
            self.rows.append(("", ""))
        if tag in {"dt", "dd"}:
            self._inside = "" if ("class", "help") in attrs else tag

    def handle_endtag(self, tag: str) -> None:
        if tag in {"dt", "dd"}:
            self._inside = ""

    def handle_data(self, data: str) -> None:
        label, value = self.rows.pop() if self._inside else ("", "")
        text = " ".join(data.split())
        if self._inside == "dt":
            self.rows.append((label + text, value))
        elif self._inside == "dd":
            self.rows.append((label, value + text))


def _title(text: str) -> None:
    click.echo(f"\n=== {text} ===")
