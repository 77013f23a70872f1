"""Turn the checked tables into the settings that the program uses: exact ratios, absolute paths."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from types import MappingProxyType

from connectors.base import CrmOptions
from connectors.transport import Patience
from profitability.policy import LatePaymentPolicy, PeriodPolicy, Policy, TierPolicy
from profitability.units import to_minor
from sync.guards import GuardLimits
from sync.settings.main_tables import HUBSPOT_URL, BooksTable, CrmTable, EngineTable, FilesTable, SourceTable
from sync.settings.paths import shipped_config
from sync.settings.policy_tables import LatePaymentTable, PolicyFile, TiersTable
from sync.settings.settled import BooksSettings, CrmSettings, EngineSettings, FileSettings


def settle_crm(table: CrmTable) -> CrmSettings:
    """Return the CRM settings."""
    patience = table.patience
    return CrmSettings(
        kind=table.kind,
        url=table.url or HUBSPOT_URL,
        profile=table.profile,
        options=CrmOptions(account_key=table.account_key, started_on=table.started_on),
        patience=Patience(
            connect_seconds=float(patience.connect_seconds),
            read_seconds=float(patience.read_seconds),
            total_seconds=float(patience.total_seconds),
            attempts=patience.attempts,
            first_wait_seconds=float(patience.first_wait_seconds),
            longest_wait_seconds=float(patience.longest_wait_seconds),
        ),
    )


def settle_books(table: BooksTable, sources: Mapping[str, SourceTable], *, folder: Path) -> BooksSettings:
    """Return the settings of the exports, each required source with its tolerance."""
    tolerances = {
        kind: sources[kind].tolerance_days if kind in sources else table.tolerance_days
        for kind in table.required_sources
    }
    return BooksSettings(
        home_currency=table.home_currency,
        exports=folder / table.exports,
        required_sources=MappingProxyType(tolerances),
        accept_unverified=table.accept_unverified,
    )


def settle_engine(table: EngineTable, *, folder: Path, data: Path) -> EngineSettings:
    """Return the engine's settings."""
    spill = folder / table.spill_folder if table.spill_folder else data / "spill"
    return EngineSettings(table.backend, table.memory_limit, table.threads, spill)


def settle_files(table: FilesTable, *, folder: Path, exports: Path) -> FileSettings:
    """Return the other configuration files."""
    own_mappings = folder / table.mappings if table.mappings else exports / "mappings"
    return FileSettings(
        policy=companion("policy.toml", table.policy, folder=folder),
        fields=companion("fields.toml", table.fields, folder=folder),
        categories=companion("categories.toml", table.categories, folder=folder),
        gl_accounts=companion("gl_accounts.toml", table.gl_accounts, folder=folder),
        mappings=(shipped_config("exports"), own_mappings),
    )


def companion(name: str, stated: str | None, *, folder: Path) -> Path:
    """Return a file: the one stated, else the one of that name beside the configuration, else the shipped one."""
    if stated is not None:
        return folder / stated
    beside = folder / name
    return beside if beside.exists() else shipped_config(name)


def settle_policy(table: PolicyFile, *, home_currency: str) -> Policy:
    """Return finance's numbers, the decimals of the file as exact fractions.

    Raises:
        ValueError: the standard rate has more digits than the home currency.
    """
    rate = table.pricing.standard_rate
    return Policy(
        tiers=_tiers(table.tiers),
        late_payment=_late_payment(table.late_payment),
        period=PeriodPolicy(**table.period.model_dump()),
        rank_by=table.tiers.rank_by,
        standard_rate_cents=None if rate is None else to_minor(rate, home_currency),
    )


def settle_guards(table: PolicyFile) -> GuardLimits:
    """Return the limits of the guards."""
    return GuardLimits(**table.guards.model_dump())


def _tiers(table: TiersTable) -> TierPolicy:
    return TierPolicy(
        margin_a=Fraction(table.margin_a),
        margin_b=Fraction(table.margin_b),
        pareto_head=Fraction(table.pareto_head),
        dead_band=Fraction(table.dead_band),
        confirm_closes=table.confirm_closes,
        min_tenure_months=table.min_tenure_months,
        dormant_months=table.dormant_months,
        coverage_rate_min=table.coverage_rate_min,
        coverage_final_min=table.coverage_final_min,
    )


def _late_payment(table: LatePaymentTable) -> LatePaymentPolicy:
    not_due, to_30, to_60, to_90, over_90 = (Fraction(rate) for rate in table.ecl_rates.rates)
    return LatePaymentPolicy(
        cost_of_capital=Fraction(table.cost_of_capital),
        day_count=table.day_count,
        ecl_rates=(not_due, to_30, to_60, to_90, over_90),
    )
