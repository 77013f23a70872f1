"""The demo firm laid out for the command line, with its sandbox running: what a user has after `whalecurve demo`."""

from __future__ import annotations

import json
import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
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

    def run(self, *arguments: str, config: Path | None = None) -> tuple[int, str, str]:
        """Run `whalecurve` and return exit code, stdout and stderr."""
        out, err = StringIO(), StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            code = run(["-q", "--config", str(config or self.config), *arguments])
        return code, out.getvalue(), err.getvalue()

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
        code, out, err = self.run("--json", "plan")
        assert code == 0, err
        code, out, err = self.run("sync", "--plan", json.loads(out)["plan"], "--reason", "first run")
        assert code == 0, err


@contextmanager
def opened(crm: str, folder: Path) -> Iterator[Firm]:
    """Serve the sandbox of a folder, new or a copy of another one's, with the configuration that leads to it."""
    with Sandbox(folder / "sandbox.sqlite", fields=FIELDS) as box:
        seed_if_new(box)
        yield Firm(crm, box, folder, write_folder(folder, box)[crm])


@pytest.fixture(scope="session", autouse=True)
def _heeded_interrupts() -> None:
    """A shell that starts the tests with `&` would have them, and every process that they start, ignore Ctrl-C."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def copy_synced(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, Path], None]:
    """Copy the folder of a firm after its first sync, which is done once for each CRM; nobody writes to the first."""
    done: dict[str, Path] = {}

    def copy(crm: str, folder: Path) -> None:
        if crm not in done:
            synced = tmp_path_factory.mktemp(f"synced-{crm}")
            with opened(crm, synced) as firm:
                firm.first_sync()
            done[crm] = synced
        shutil.copytree(done[crm], folder, dirs_exist_ok=True)

    return copy


@pytest.fixture(params=["salesforce", "hubspot"])
def crm(request: pytest.FixtureRequest) -> str:
    """Name the CRM; a test of the firm runs once for each."""
    return str(request.param)


@pytest.fixture
def firm(crm: str, tmp_path: Path) -> Iterator[Firm]:
    """Return the demo firm before its first run."""
    with opened(crm, tmp_path) as firm:
        yield firm


@pytest.fixture
def synced(crm: str, tmp_path: Path, copy_synced: Callable[[str, Path], None]) -> Iterator[Firm]:
    """Return the demo firm after its first sync, with a sandbox and a store of its own."""
    copy_synced(crm, tmp_path)
    with opened(crm, tmp_path) as firm:
        yield firm
