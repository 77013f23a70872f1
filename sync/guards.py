"""The guards: figures of a plan and of a night that no machine should pass without a person. Pure.

A guard stops the run before the first write. The plan is saved, and only `whalecurve sync --plan ID --reason "..."`
approves it. Limits: `[guards]` of `config/policy.toml`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from statistics import median
from typing import Literal

from connectors.base import FieldValue
from profitability.units import counted
from sync.errors import GuardStopError
from sync.plan import AccountChange, Plan

NOT_RATED = "N"

CLOSES_COMPARED = 6
"""How many of the last closes the firm's totals are compared with."""


@dataclass(frozen=True, slots=True)
class GuardLimits:
    """How far a night may differ from the ones before.

    `_pct` are percent of what was there before. Where a guard has `_pct` and `_min`, both must be passed: more than
    the percentage and at least that many accounts. `totals_low` and `totals_high` are factors of the median.
    """

    tier_changes_pct: Decimal = Decimal(10)
    tier_changes_min: int = 2
    new_flags_max: int = 5
    new_flags_pct: Decimal = Decimal(10)
    new_flags_min: int = 2
    a_to_d_max: int = 0
    matched_value_min_pct: Decimal = Decimal(95)
    totals_low: Decimal = Decimal("0.5")
    totals_high: Decimal = Decimal(2)
    newly_unrated_pct: Decimal = Decimal(5)
    newly_unrated_min: int = 2
    time_max_age_days: int = 3
    accounting_max_age_days: int = 35
    pull_min_pct: Decimal = Decimal(95)


@dataclass(frozen=True, slots=True)
class SourceAge:
    """How many days before the day of the run the newest fact of a source lies."""

    name: str
    kind: Literal["time", "accounting"]
    age_days: int


@dataclass(frozen=True, slots=True)
class NightFigures:
    """What the guards look at besides the plan.

    Attributes:
        is_first_run: no plan with changes was ever applied to this org.
        matched_value_cents: revenue and cost that found their account; `_before`: in the last run, None if unknown.
        totals_cents: name of a firm total (`revenue`, `cost`) -> its amount in the window.
        totals_history_cents: the same totals at earlier closes, oldest first.
        sources: every source of time and accounting.
        pulled: what was pulled (`accounts`, `deals`) -> how many; `pulled_before`: in the last run.
    """

    is_first_run: bool
    matched_value_cents: int
    matched_value_before_cents: int | None = None
    totals_cents: Mapping[str, int] = field(default_factory=dict)
    totals_history_cents: Mapping[str, Sequence[int]] = field(default_factory=dict)
    sources: Sequence[SourceAge] = ()
    pulled: Mapping[str, int] = field(default_factory=dict)
    pulled_before: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Tripped:
    """One guard that stops the plan: what was measured, what the limit is, what to look at."""

    name: str
    measured: str
    limit: str
    message: str
    remedy: str


def tripped_guards(plan: Plan, figures: NightFigures, limits: GuardLimits) -> tuple[Tripped, ...]:
    """Return every guard that stops this plan, in the order of the table; none: it may be applied."""
    found = (guard(plan, figures, limits) for guard in GUARDS)
    return tuple(tripped for tripped in found if tripped is not None)


def raise_if_tripped(plan: Plan, tripped: Sequence[Tripped]) -> None:
    """Stop a plan that needs approval.

    Raises:
        GuardStopError: at least one guard tripped.
    """
    if tripped:
        told = "; ".join(guard.message for guard in tripped)
        looks = " ".join(dict.fromkeys(guard.remedy for guard in tripped))
        raise GuardStopError(
            f"not applied, nothing written: {told}",
            where=f"plan {plan.plan_id}",
            remedy=f'{looks} If it is right: whalecurve sync --plan {plan.plan_id} --reason "why"',
        )


def _first_run(plan: Plan, figures: NightFigures, _limits: GuardLimits) -> Tripped | None:
    if not (figures.is_first_run and plan.changes):
        return None
    accounts = counted(len(plan.changes), "account")
    return Tripped(
        "first_run",
        accounts,
        "approval",
        f"the first run on this CRM would write {accounts}",
        "Read the whole plan: whalecurve plan.",
    )


def _tier_changes(plan: Plan, _figures: NightFigures, limits: GuardLimits) -> Tripped | None:
    return _share_guard(
        "tier_changes",
        "change their tier",
        _count(plan, lambda change: _tiers(change)[0] is not None),
        plan=plan,
        max_pct=limits.tier_changes_pct,
        least=limits.tier_changes_min,
    )


def _new_flags(plan: Plan, _figures: NightFigures, limits: GuardLimits) -> Tripped | None:
    flagged = _count(plan, _is_newly_flagged)
    if flagged > limits.new_flags_max:
        return Tripped(
            "new_flags",
            f"{flagged}",
            f"{limits.new_flags_max}",
            f"newly flagged for review: {counted(flagged, 'account')} (limit {limits.new_flags_max})",
            "Look at the reasons in the plan.",
        )
    return _share_guard(
        "new_flags",
        "are newly flagged for review",
        flagged,
        plan=plan,
        max_pct=limits.new_flags_pct,
        least=limits.new_flags_min,
    )


def _a_to_d(plan: Plan, _figures: NightFigures, limits: GuardLimits) -> Tripped | None:
    fallen = [change.account_id for change in plan.changes if _tiers(change) == ("A", "D")]
    if len(fallen) <= limits.a_to_d_max:
        return None
    return Tripped(
        "a_to_d",
        f"{len(fallen)}",
        f"{limits.a_to_d_max}",
        f"from A to D in one step: {counted(len(fallen), 'account')}, first {fallen[0]} (limit {limits.a_to_d_max})",
        f"Look at one: whalecurve explain {fallen[0]}.",
    )


def _newly_unrated(plan: Plan, _figures: NightFigures, limits: GuardLimits) -> Tripped | None:
    return _share_guard(
        "newly_unrated",
        "lose their rating",
        _count(plan, _is_newly_unrated),
        plan=plan,
        max_pct=limits.newly_unrated_pct,
        least=limits.newly_unrated_min,
    )


def _matched_value(_plan: Plan, figures: NightFigures, limits: GuardLimits) -> Tripped | None:
    now, before = figures.matched_value_cents, figures.matched_value_before_cents
    if before is None or before <= 0:
        return None  # nothing that the value of this night could be a share of
    if now * 100 >= limits.matched_value_min_pct * before:
        return None
    return Tripped(
        "matched_value",
        f"{_pct(now, before)} %",
        f"{limits.matched_value_min_pct} %",
        f"revenue and cost that find their account are {_pct(now, before)} % of the last run's "
        f"(limit {limits.matched_value_min_pct} %)",
        "Look for renamed or missing customers among the unmatched: whalecurve plan.",
    )


def _totals(_plan: Plan, figures: NightFigures, limits: GuardLimits) -> Tripped | None:
    for name, total in figures.totals_cents.items():
        history = figures.totals_history_cents.get(name, ())[-CLOSES_COMPARED:]
        if not history:
            continue
        usual = Decimal(median(map(Decimal, history)))
        low, high = sorted((limits.totals_low * usual, limits.totals_high * usual))
        if not low <= total <= high:
            times = f"{total / usual:.2f} times" if usual else "no longer zero, as"
            return Tripped(
                f"total_{name}",
                f"{times} the usual" if usual else "not zero",
                f"{limits.totals_low} to {limits.totals_high} times the usual",
                f"total {name} is {times} the median of the last {counted(len(history), 'close')} "
                f"(limits {limits.totals_low} to {limits.totals_high} times)",
                "Check the exports of the month for a missing, doubled or differently scaled file.",
            )
    return None


def _stale_source(_plan: Plan, figures: NightFigures, limits: GuardLimits) -> Tripped | None:
    max_age_days = {"time": limits.time_max_age_days, "accounting": limits.accounting_max_age_days}
    stale = [source for source in figures.sources if source.age_days > max_age_days[source.kind]]
    if not stale:
        return None
    worst = max(stale, key=lambda source: source.age_days - max_age_days[source.kind])
    age, limit = counted(worst.age_days, "day"), counted(max_age_days[worst.kind], "day")
    return Tripped(
        "stale_source",
        age,
        limit,
        f"too old: {counted(len(stale), 'source')}, worst {worst.name}: {age} (limit {limit})",
        "Export them again.",
    )


def _short_pull(_plan: Plan, figures: NightFigures, limits: GuardLimits) -> Tripped | None:
    for name, before in figures.pulled_before.items():
        now = figures.pulled.get(name, 0)
        if now * 100 < limits.pull_min_pct * before:
            return Tripped(
                "short_pull",
                f"{now} of {before} {name}",
                f"{limits.pull_min_pct} %",
                f"the CRM showed {now} {name}, the last time {before} (limit {limits.pull_min_pct} %)",
                "Check what the integration user may see, and whether records were deleted.",
            )
    return None


Guard = Callable[[Plan, NightFigures, GuardLimits], Tripped | None]

GUARDS: tuple[Guard, ...] = (
    _first_run,
    _tier_changes,
    _new_flags,
    _a_to_d,
    _newly_unrated,
    _matched_value,
    _totals,
    _stale_source,
    _short_pull,
)
"""Every guard, in the order in which people should read them."""


def _share_guard(name: str, told: str, count: int, *, plan: Plan, max_pct: Decimal, least: int) -> Tripped | None:
    """Trip when `count` is at least `least` and more than `max_pct` of the plan's accounts."""
    if count < least or count * 100 <= max_pct * plan.accounts:
        return None
    share = _pct(count, plan.accounts)
    return Tripped(
        name,
        f"{count} of {plan.accounts}",
        f"{max_pct} %",
        f"{count} of {plan.accounts} accounts {told} ({share} %, limit {max_pct} %)",
        "Look at the reasons in the plan.",
    )


def _count(plan: Plan, holds: Callable[[AccountChange], bool]) -> int:
    return sum(holds(change) for change in plan.changes)


def _tiers(change: AccountChange) -> tuple[FieldValue, FieldValue]:
    """Return the tier before and after."""
    tier = change.of("tier")
    return (tier.old, tier.new) if tier else (None, None)


def _is_newly_flagged(change: AccountChange) -> bool:
    review = change.of("review")
    return review is not None and review.new is True


def _is_newly_unrated(change: AccountChange) -> bool:
    old, new = _tiers(change)
    return new == NOT_RATED and old not in {None, NOT_RATED}


def _pct(part: int, whole: int) -> Decimal:
    return (Decimal(part) * 100 / Decimal(whole)).quantize(Decimal("0.1"))
