"""`whalecurve sandbox`: both CRMs on this machine, to look at and to rehearse on."""

from __future__ import annotations

import signal
import threading
from pathlib import Path

import click


@click.command()
@click.argument("database", type=click.Path(path_type=Path, dir_okay=False), default=Path("sandbox.sqlite"))
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8700, show_default=True, help="Port on 127.0.0.1; 0 picks one."
)
def sandbox(*, database: Path, port: int) -> None:
    """Serve a Salesforce and a HubSpot on loopback until Ctrl-C.

    DATABASE is the SQLite file that holds the records; it is made, with the demo firm in it, where it does not exist.

    \b
    Example:  whalecurve sandbox rehearsal.sqlite
    What the demo left:  whalecurve sandbox demo/sandbox.sqlite
    """
    from connectors.fields import load_fields
    from connectors.sandbox.server import Sandbox
    from sync.demo_firm import seed_if_new
    from sync.settings import shipped_config

    database.absolute().parent.mkdir(parents=True, exist_ok=True)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with Sandbox(database, fields=load_fields(shipped_config("fields.toml")), port=port) as box:
        seed_if_new(box)
        click.echo(f"Salesforce and HubSpot are at {box.url}  (accounts: {box.url}/ , Ctrl-C stops)")
        stop.wait()
