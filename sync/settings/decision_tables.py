"""What `policy.toml` may say of what follows from a tier: remedies, reviews, exits, and time that nobody logs."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Annotated, Self

from pydantic import Field, model_validator

from sync.settings.kinds import (
    Minutes,
    MinutesMoreOrLess,
    NameText,
    PositiveShare,
    RuleError,
    Score,
    Share,
    YearlyAmount,
    about,
    count,
)
from sync.settings.problems import shown
from sync.settings.table import Table

_SECONDS_OF_A_MINUTE = 60


class RemediesTable(Table):
    """What may be tried before an account is put up for review."""

    target_margin: Annotated[Share, about("Net margin on AGI that a new price should reach", unit="share")] = Decimal(
        "0.20"
    )
    max_uplift: Annotated[
        Share, about("A price rise above this share of AGI is no remedy any more", unit="share of AGI")
    ] = Decimal("0.30")
    min_share_of_gap: Annotated[
        Share, about("A remedy counts only if it closes this much of what is missing", unit="share")
    ] = Decimal("0.25")
    window_days: Annotated[
        int, count(1, 730), about("A remedy without an outcome has lapsed after so long", unit="days")
    ] = 90
    light_package: Annotated[
        YearlyAmount | None,
        about(
            "Cost of serving an account with the lighter package; leave it out if there is none",
            unit="home currency a year",
        ),
    ] = None


class ReviewTable(Table):
    """When an account of tier D is put up for review."""

    coverage_min: Annotated[
        int, count(0, 100), about("With less data coverage no account is put up for review", unit="points of 100")
    ] = 80
    recovering_margin: Annotated[
        Share,
        about(
            "An account recovers when the margin after service of the last 3 months beats the window's by more",
            unit="share of AGI",
        ),
    ] = Decimal("0.05")
    notice_lead_days: Annotated[
        int,
        count(0, 730),
        about("A contract holds the flag back until so long before the last day of notice", unit="days"),
    ] = 60
    satisfied_from: Annotated[
        Score | None,
        about("Score from which a client counts as satisfied; leave it out if contracts state none", unit="own scale"),
    ] = None


class ExitsTable(Table):
    """How fast accounts may leave, and what is done with what that frees."""

    leaving_cap: Annotated[
        PositiveShare, about("Most of the firm's AGI that starts to leave within cap_months", unit="share of AGI")
    ] = Decimal("0.10")
    cap_months: Annotated[int, count(1, 36), about("Length of that stretch", unit="months")] = 3
    cash_floor_months: Annotated[
        int, count(0, 36), about("Cash must cover so much of the firm's cost at every month's end", unit="months")
    ] = 2
    talk_first_share: Annotated[
        Share,
        about("People who spend more of their client hours on leaving accounts are told first", unit="share of hours"),
    ] = Decimal("0.30")
    reinvest_share: Annotated[
        Share, about("Part of an exit's gain that may be spent on the clients who stay", unit="share")
    ] = Decimal("0.50")


class TimeEquationTable(Table):
    """How long one kind of event takes where its time is not logged. `EVENT` is its name in the events template."""

    pool: Annotated[NameText, about("Pool with driver `events` that pays for the time")]
    minutes: Annotated[Minutes, about("Time of each event", unit="minutes")]
    extra_minutes: Annotated[
        dict[str, MinutesMoreOrLess],
        about("Time more, or less, for each unit of an attribute, by its name", unit="minutes"),
        Field(json_schema_extra={"x-expected": "a table such as { new_customer = 15 }"}),
    ] = Field(default_factory=dict)

    @property
    def base_seconds(self) -> int:
        """Return the time of each event in seconds."""
        return int(self.minutes * _SECONDS_OF_A_MINUTE)

    @property
    def extra_seconds(self) -> dict[str, int]:
        """Return the time for each unit of an attribute in seconds."""
        return {name: int(minutes * _SECONDS_OF_A_MINUTE) for name, minutes in self.extra_minutes.items()}

    @model_validator(mode="after")
    def _can_be_counted(self) -> Self:
        for name, minutes in {"": self.minutes, **self.extra_minutes}.items():
            key = f"extra_minutes.{name}" if name else "minutes"
            if minutes * _SECONDS_OF_A_MINUTE % 1:
                raise RuleError(f"found {minutes}; expected whole seconds (0.05 is three)", key=key)
        for name in self.extra_minutes:
            if not re.fullmatch(r"[^\s=;]+", name):
                raise RuleError(f"found {shown(name)}; expected names without blanks, = and ;", key="extra_minutes")
        return self
