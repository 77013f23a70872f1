"""The demo firm laid out for the command line, with its sandbox running: what a user has after `whalecurve demo`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from connectors.fields import load_fields
from connectors.sandbox.server import Sandbox
from sync.cli import run
from sync.demo_firm import seed_if_new, write_folder
from sync.settings import shipped_config

FIELDS = load_fields(shipped_config("fields.toml"))


@dataclass
class Firm:
    """One CRM of the demo firm, and the command line on it."""

    crm: str
    box: Sandbox
    folder: Path
    config: Path
    capture: pytest.CaptureFixture[str]

    def run(self, *arguments: str, config: Path | None = None) -> tuple[int, str, str]:
        """Run `whalecurve` and return exit code, stdout and stderr."""
        self.capture.readouterr()
        code = run(["-q", "--config", str(config or self.config), *arguments])
        out, err = self.capture.readouterr()
        return code, out, err

    def values(self, name: str) -> dict[str, object]:
        """Return our fields of an account as the CRM stores them, by field key."""
        for account_id in self.box.account_ids(self.crm):
            record = self.box.record(self.crm, account_id)
            if record.values[{"salesforce": "Name", "hubspot": "name"}[self.crm]] == name:
                return {spec.key: record.values.get(spec.names[self.crm]) for spec in FIELDS}
        raise LookupError(name)

    @property
    def writes(self) -> int:
        """How many requests asked to change a record."""
        return len(self.box.writes)

    def first_sync(self) -> None:
        """Plan and approve the first run."""
        import json

        code, out, err = self.run("--json", "plan")
        assert code == 0, err
        code, out, err = self.run("sync", "--plan", json.loads(out)["plan"], "--reason", "first run")
        assert code == 0, err


@pytest.fixture(params=["salesforce", "hubspot"])
def firm(request: pytest.FixtureRequest, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Firm]:
    with Sandbox(tmp_path / "sandbox.sqlite", fields=FIELDS) as box:
        seed_if_new(box)
        configs = write_folder(tmp_path, box)
        yield Firm(request.param, box, tmp_path, configs[request.param], capsys)
