"""The demo firm: eight clients, five people, the year 2025, seeded into both CRMs of a sandbox."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from connectors.fields import load_fields
from sync.settings import shipped_config

if TYPE_CHECKING:
    from connectors.sandbox.schema import Crm
    from connectors.sandbox.server import Sandbox

CRMS: tuple[Crm, ...] = ("salesforce", "hubspot")
TODAY = date(2026, 1, 5)
"""The demo's calendar: the first day on which December 2025 counts as closed."""

_CONFIG = """\
# The demo firm on the {crm} sandbox. Start the sandbox on this port before you use the file:
#   whalecurve sandbox {database} --port {port}

[crm]
kind = "{crm}"
url = "{url}"
profile = "tier-and-money"
account_key = "{account_key}"
started_on = "{started_on}"
deal_hours = "{deal_hours}"
deal_starts_on = "{deal_starts_on}"

[books]
home_currency = "EUR"
exports = "../exports"
required_sources = ["document", "time_entry", "cost_rate", "settlement"]

[data]
folder = "data"

[files]
gl_accounts = "../gl_accounts.toml"
"""


def seed_if_new(box: Sandbox) -> None:
    """Put the demo firm's accounts and deals into each CRM that has no account yet."""
    firm = json.loads((shipped_config("demo") / "crm.json").read_text(encoding="utf-8"))
    fields = load_fields(shipped_config("fields.toml"))
    for crm in CRMS:
        if box.account_ids(crm):
            continue
        names = {spec.key: spec.names[crm] for spec in fields}
        accounts = [_account(entry, names) for entry in firm["accounts"]]
        box.seed(crm, accounts=accounts, deals=firm["deals"])  # type: ignore[arg-type]  # plain rows of our own file


def _account(entry: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    values = {names[key]: value for key, value in entry["fields"].items()}
    return {name: value for name, value in entry.items() if name != "fields"} | {"values": values}


def write_folder(folder: Path, box: Sandbox) -> dict[str, Path]:
    """Lay out the demo's files: exports once, configuration and secrets per CRM.

    Returns:
        CRM -> its configuration file.
    """
    shipped = shipped_config("demo")
    shutil.copytree(shipped / "exports", folder / "exports", dirs_exist_ok=True)
    shutil.copyfile(shipped / "gl_accounts.toml", folder / "gl_accounts.toml")
    return {crm: _write_config(folder, crm, box) for crm in CRMS}


def _write_config(folder: Path, crm: Crm, box: Sandbox) -> Path:
    own = folder / crm
    own.mkdir(exist_ok=True)
    options = box.options(crm)
    text = _CONFIG.format(
        crm=crm,
        database=folder / "sandbox.sqlite",
        port=box.url.rsplit(":", 1)[1],
        url=box.url,
        account_key=options.account_key,
        started_on=options.started_on,
        deal_hours=options.deal_hours,
        deal_starts_on=options.deal_starts_on,
    )
    (own / "whalecurve.toml").write_text(text, encoding="utf-8")
    secrets = own / ".env"
    secrets.touch(mode=0o600)
    secrets.write_text(_secrets(crm, box), encoding="utf-8")
    return own / "whalecurve.toml"


def _secrets(crm: Crm, box: Sandbox) -> str:
    """Return the sandbox's made-up credentials as `.env` lines."""
    if crm == "hubspot":
        return f"WHALECURVE_HUBSPOT_ACCESS_TOKEN={box.hubspot_token}\n"
    login = box.salesforce_login
    return (
        f"WHALECURVE_SALESFORCE_CLIENT_ID={login.client_id}\n"
        f"WHALECURVE_SALESFORCE_CLIENT_SECRET={login.client_secret}\n"
    )
