"""Turn the checked tables into the settings that the program uses: exact ratios, absolute paths."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from types import MappingProxyType

from connectors.base import CrmOptions
from connectors.transport import Patience
from profitability.policy import (
    ExitPolicy,
    LatePaymentPolicy,
    PeriodPolicy,
    Policy,
    RemedyPolicy,
    ReviewPolicy,
    TierPolicy,
)
from profitability.time_equations import TimeEquation
from profitability.units import to_minor
from sync.guards import GuardLimits
from sync.settings.decision_tables import ExitsTable, RemediesTable, ReviewTable
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
        options=CrmOptions(
            account_key=table.account_key,
            started_on=table.started_on,
            deal_hours=table.deal_hours,
            deal_starts_on=table.deal_starts_on,
            company_number=table.company_number,
            website=table.website,
        ),
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
        companies=tuple(table.companies),
    )


def settle_engine(table: EngineTable, *, folder: Path, data: Path) -> EngineSettings:
    """Return the engine's settings."""
    spill = folder / table.spill_folder if table.spill_folder else data / "spill"
    return EngineSettings(
        backend=table.backend,
        memory_limit=table.memory_limit,
        threads=table.threads,
        spill_folder=spill,
        spark_master=table.spark_master,
        spark_remote=table.spark_remote,
    )


def settle_files(table: FilesTable, *, folder: Path, exports: Path) -> FileSettings:
    """Return the other configuration files."""
    own_mappings = folder / table.mappings if table.mappings else exports / "mappings"
    return FileSettings(
        policy=companion("policy.toml", table.policy, folder=folder),
        fields=companion("fields.toml", table.fields, folder=folder),
        categories=companion("categories.toml", table.categories, folder=folder),
        gl_accounts=companion("gl_accounts.toml", table.gl_accounts, folder=folder),
        ecb_rates=folder / table.ecb_rates if table.ecb_rates else None,
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
        ValueError: an amount has more digits than the home currency.
    """
    return Policy(
        tiers=_tiers(table.tiers),
        late_payment=_late_payment(table.late_payment),
        period=PeriodPolicy(**table.period.model_dump()),
        remedies=_remedies(table.remedies, home_currency),
        review=_review(table.review),
        exits=_exits(table.exits),
        rank_by=table.tiers.rank_by,
        standard_rate_cents=_cents(table.pricing.standard_rate, home_currency),
        rate_groups=table.tiers.rate_groups,
        own_loss_rates=table.late_payment.own_loss_rates,
        time_equations=tuple(
            TimeEquation(event, equation.pool, equation.base_seconds, equation.extra_seconds)
            for event, equation in table.time_equations.items()
        ),
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


def _remedies(table: RemediesTable, home_currency: str) -> RemedyPolicy:
    return RemedyPolicy(
        target_margin=Fraction(table.target_margin),
        max_uplift=Fraction(table.max_uplift),
        min_share_of_gap=Fraction(table.min_share_of_gap),
        window_days=table.window_days,
        light_package_cents=_cents(table.light_package, home_currency),
    )


def _review(table: ReviewTable) -> ReviewPolicy:
    return ReviewPolicy(
        coverage_min=table.coverage_min,
        recovering_margin=Fraction(table.recovering_margin),
        notice_lead_days=table.notice_lead_days,
        satisfied_from=None if table.satisfied_from is None else Fraction(table.satisfied_from),
    )


def _exits(table: ExitsTable) -> ExitPolicy:
    return ExitPolicy(
        leaving_cap=Fraction(table.leaving_cap),
        cap_months=table.cap_months,
        cash_floor_months=table.cash_floor_months,
        talk_first_share=Fraction(table.talk_first_share),
        reinvest_share=Fraction(table.reinvest_share),
    )


def _cents(amount: Decimal | None, home_currency: str) -> int | None:
    return None if amount is None else to_minor(amount, home_currency)
