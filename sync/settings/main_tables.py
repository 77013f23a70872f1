"""What `whalecurve.toml` may say: one model per table."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, ValidationInfo, field_validator, model_validator

from connectors.transport import is_loopback
from sync.settings.kinds import (
    CrmFieldName,
    CrmUrl,
    Currency4217,
    MemorySize,
    NameText,
    PathText,
    RecordKind,
    RuleError,
    Seconds,
    SparkMaster,
    SparkRemote,
    about,
    count,
)
from sync.settings.paths import is_file, is_folder
from sync.settings.table import Table

HUBSPOT_URL = "https://api.hubapi.com"  # HubSpot API reference, "API usage guidelines": one host for all portals

VENDOR_DOMAINS = {"salesforce": ".salesforce.com", "hubspot": ".hubapi.com"}
"""Where a login may be sent, besides this machine."""


class PatienceTable(Table):
    """How long to wait for the CRM before giving up."""

    connect_seconds: Annotated[Seconds, about("Limit of the connection", unit="seconds")] = Decimal(5)
    read_seconds: Annotated[Seconds, about("Limit of silence within an answer", unit="seconds")] = Decimal(30)
    total_seconds: Annotated[Seconds, about("Limit of one request as a whole", unit="seconds")] = Decimal(120)
    attempts: Annotated[int, count(1, 20), about("Most tries of one read; writes are never repeated", unit="tries")] = 4
    first_wait_seconds: Annotated[
        Seconds, about("Pause before the second try; it doubles from try to try", unit="seconds")
    ] = Decimal("0.5")
    longest_wait_seconds: Annotated[Seconds, about("Longest pause between two tries", unit="seconds")] = Decimal(30)

    @model_validator(mode="after")
    def _waits_are_in_order(self) -> Self:
        for key, limit in (
            ("connect_seconds", "total_seconds"),
            ("read_seconds", "total_seconds"),
            ("first_wait_seconds", "longest_wait_seconds"),
        ):
            found, most = getattr(self, key), getattr(self, limit)
            if found > most:
                raise RuleError(f"found {found}; expected at most {limit} ({most})", key=key)
        return self


class CrmTable(Table):
    """Which CRM, and what we may do there."""

    kind: Annotated[Literal["salesforce", "hubspot"], about("Which CRM")]
    url: Annotated[
        CrmUrl | None,
        about(f"Salesforce: the My Domain address of the org, required; HubSpot: {HUBSPOT_URL} unless stated"),
    ] = Field(default=None, validate_default=True)
    profile: Annotated[
        Literal["tier-only", "tier-and-money"],
        about("Which fields are written: tier, reason and dates, or amounts and margins too"),
    ] = "tier-only"
    account_key: Annotated[
        CrmFieldName | None, about("CRM field with the customer number of the books (Salesforce: AccountNumber)")
    ] = None
    started_on: Annotated[CrmFieldName | None, about("CRM date field with the start of the relationship")] = None
    company_number: Annotated[
        CrmFieldName | None, about("CRM field with the VAT or trade register number of an account")
    ] = None
    website: Annotated[
        CrmFieldName | None,
        about("CRM field with the web address of an account (Salesforce: Website, HubSpot: domain)"),
    ] = None
    deal_hours: Annotated[CrmFieldName | None, about("CRM number field of a deal with the hours of work sold")] = None
    deal_starts_on: Annotated[
        CrmFieldName | None, about("CRM date field of a deal with the day on which its work begins")
    ] = None
    patience: PatienceTable = Field(default_factory=PatienceTable)

    @field_validator("url", mode="after")
    @classmethod
    def _is_the_vendors(cls, url: str | None, info: ValidationInfo) -> str | None:
        """Refuse an address to which the secrets must not be sent."""
        kind = info.data.get("kind")
        if url is None and kind == "salesforce":
            raise RuleError(
                "is missing; expected the My Domain address of the org, such as https://acme.my.salesforce.com"
            )
        if url is None or kind is None or is_loopback(url):
            return url
        if not (urlsplit(url).hostname or "").endswith(VENDOR_DOMAINS[kind]):
            raise RuleError(f"is not an address of this CRM; expected one that ends in {VENDOR_DOMAINS[kind]}")
        return url


class BooksTable(Table):
    """The exports, and the currency that every result is in."""

    home_currency: Annotated[Currency4217, about("Currency of the books", unit="ISO 4217")]
    exports: Annotated[PathText, about("Folder with the export files; it must exist")] = Field(
        default="exports", validate_default=True
    )
    required_sources: Annotated[
        list[RecordKind],
        about("Record kinds without which a month is not closed"),
    ] = Field(default=["document", "time_entry", "cost_rate"])
    tolerance_days: Annotated[
        int,
        count(0, 62),
        about("A source covers a month when it has a record in the month's last days, so many, or later", unit="days"),
    ] = 5
    accept_unverified: Annotated[bool, about("Read real data with mappings that no real file has proven")] = False
    companies: Annotated[
        list[NameText],
        about("Names of the firm as its books state them: the books of others are refused; none: files must agree"),
    ] = Field(default_factory=list)

    @field_validator("exports", mode="after")
    @classmethod
    def _is_a_folder(cls, text: str, info: ValidationInfo) -> str:
        base: Path | None = (info.context or {}).get("folder")
        if base is not None and not is_folder(base / text):
            raise RuleError(f"is no folder: {base / text}; make it, or correct the path")
        return text


class SourceTable(Table):
    """What differs for one record kind: `[sources.KIND]`."""

    tolerance_days: Annotated[int, count(0, 62), about("Instead of books.tolerance_days, for this kind", unit="days")]


class DataTable(Table):
    """What we keep: the accepted facts and the state."""

    folder: Annotated[PathText, about("Folder of ledger, state and spill; made when missing, on a local disk")] = "data"


class EngineTable(Table):
    """How figures are computed."""

    backend: Annotated[
        Literal["duckdb", "spark"],
        about("What computes: DuckDB, inside this process, or Spark, for facts that live there already"),
    ] = "duckdb"
    spark_master: Annotated[
        SparkMaster | None,
        about("Spark: a cluster that this process drives; left out: this machine, with as many cores as `threads`"),
    ] = None
    spark_remote: Annotated[
        SparkRemote | None,
        about(
            "Spark: address of a Spark Connect server, with `/;use_ssl=true` where it has TLS; a token goes into the "
            "environment, as SPARK_CONNECT_AUTHENTICATE_TOKEN"
        ),
    ] = None
    memory_limit: Annotated[
        MemorySize | None,
        about("Most memory that the engine takes; left out: most of the machine's, with Spark 4 GiB"),
    ] = None
    threads: Annotated[int | None, count(1, 1024), about("Processor cores to use; left out: all", unit="threads")] = (
        None
    )
    spill_folder: Annotated[
        PathText | None, about("Where the engine puts what does not fit into memory; left out: `spill` in data.folder")
    ] = None

    @model_validator(mode="after")
    def _names_one_place(self) -> Self:
        for key in ("spark_master", "spark_remote"):
            found = getattr(self, key)
            if found is not None and self.backend != "spark":
                raise RuleError(f'found "{found}", but engine.backend is "{self.backend}"', key=key)
        if self.spark_master is not None and self.spark_remote is not None:
            raise RuleError("is stated beside spark_master; expected one of the two", key="spark_remote")
        return self


class FilesTable(Table):
    """The other files. One left out is looked for under its own name beside this file, else the shipped one is used."""

    policy: Annotated[PathText | None, about("The numbers that finance owns")] = None
    fields: Annotated[PathText | None, about("The CRM fields")] = None
    categories: Annotated[PathText | None, about("Task, project or tag to category")] = None
    gl_accounts: Annotated[PathText | None, about("Bookkeeping account or supplier to kind of cost")] = None
    ecb_rates: Annotated[
        PathText | None,
        about("Rates of the European Central Bank as it publishes them, newer than those that come with us"),
    ] = None
    mappings: Annotated[
        PathText | None,
        about("Folder of own export mappings, which win over shipped ones; left out: `mappings` in books.exports"),
    ] = None

    @field_validator("*", mode="after")
    @classmethod
    def _exists(cls, text: str | None, info: ValidationInfo) -> str | None:
        base: Path | None = (info.context or {}).get("folder")
        if text is None or base is None:
            return text
        path = base / text
        wants_folder = info.field_name == "mappings"
        if not (is_folder(path) if wants_folder else is_file(path)):
            raise RuleError(f"is no {'folder' if wants_folder else 'file'}: {path}; correct the path")
        return text


class MainFile(Table):
    """`whalecurve.toml`: where everything is and how to reach it."""

    crm: CrmTable
    books: BooksTable
    sources: Annotated[
        dict[RecordKind, SourceTable],
        about("What differs for one record kind, each in a table of its name", named="KIND"),
    ] = Field(default_factory=dict)
    data: DataTable = Field(default_factory=DataTable)
    engine: EngineTable = Field(default_factory=EngineTable)
    files: FilesTable = Field(default_factory=FilesTable)
    env: Annotated[
        dict[str, dict[str, Any]],
        about(
            "Overrides: `[env.NAME.crm]` and so on replace single keys of the tables above when run with `--env NAME`"
        ),
    ] = Field(default_factory=dict)
