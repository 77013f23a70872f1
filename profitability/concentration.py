"""How much of the firm hangs on few accounts, now and after an exit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, TypeAlias

import numpy as np
import pandas as pd

from profitability.exit_case import rows_leaving
from profitability.ratios import Whole, exact, shown_ratio

Measure: TypeAlias = Literal["top1", "top5", "hhi"]
Level: TypeAlias = Literal["note", "amber", "red"]

HHI_SCALE = 10_000
"""A Herfindahl-Hirschman index sums squared percentages: one account alone is 100 squared."""

TOP5_FROM_ACCOUNTS = 10
"""With fewer accounts the five largest always weigh much, so that their share says nothing."""

EVENLY_SPREAD = Fraction(10, 100)
"""Below this normalised index, few accounts are no more uneven than their number makes them."""


@dataclass(frozen=True, slots=True)
class Limit:
    """One limit: above so much of a measure, a level of warning, for a stated reason."""

    measure: Measure
    level: Level
    above: Fraction
    source: str


LIMITS = (
    Limit("top1", "note", Fraction(10, 100), "a major customer to be disclosed: IFRS 8.34, ASC 280-10-50-42"),
    Limit("top1", "amber", Fraction(20, 100), "buyers of agencies accept 15 to 20 %"),
    Limit("top1", "red", Fraction(25, 100), "lenders look closer from here"),
    Limit("top5", "amber", Fraction(50, 100), "buyers of agencies want less than half"),
    Limit("hhi", "amber", Fraction(1_800), "highly concentrated: US Merger Guidelines 2023"),
    Limit("hhi", "red", Fraction(2_500), "highly concentrated: US Horizontal Merger Guidelines 2010"),
)
"""Mildest level of a measure first."""


@dataclass(frozen=True, slots=True)
class Concentration:
    """Sums over the accounts with an amount above zero; every figure is rounded once, from exact sums.

    Without such an account every figure is None.

    Attributes:
        accounts: how many they are.
        total, top1, top3, top5: sum of all, the largest, the three and the five largest amounts.
        squares: sum of the squared amounts.
        rank_sum: sum of rank x amount, the smallest amount having rank 1.
    """

    accounts: int
    total: int
    top1: int
    top3: int
    top5: int
    squares: int
    rank_sum: int

    @property
    def top1_ratio(self) -> float | None:
        """Share of the largest account."""
        return self._shown(self.top1, self.total)

    @property
    def top3_ratio(self) -> float | None:
        """Share of the three largest."""
        return self._shown(self.top3, self.total)

    @property
    def top5_ratio(self) -> float | None:
        """Share of the five largest."""
        return self._shown(self.top5, self.total)

    @property
    def hhi(self) -> float | None:
        """Herfindahl-Hirschman index: sum of squared shares in percent, 10,000 / accounts to 10,000."""
        return self._shown(HHI_SCALE * self.squares, self.total**2)

    @property
    def effective_accounts(self) -> float | None:
        """How many accounts of equal size would give the same index."""
        return self._shown(self.total**2, self.squares)

    @property
    def hhi_normalised(self) -> float | None:
        """The index from 0 (all equal) to 1, whatever the number of accounts; 1 for one account, which is all."""
        return float(_unevenness(self)) if self.accounts else None

    @property
    def gini(self) -> float | None:
        """Gini coefficient: 0 where all are equal, towards 1 where one has all."""
        return self._shown(2 * self.rank_sum - (self.accounts + 1) * self.total, self.accounts * self.total)

    def _shown(self, part: int, whole: int) -> float | None:
        return part / whole if self.accounts else None


@dataclass(frozen=True, slots=True)
class ConcentrationWarning:
    """A limit that is passed, and the figure that passes it; basis says what was summed, such as AGI."""

    basis: str
    limit: Limit
    value: float


def concentration(amounts: pd.Series[int]) -> Concentration:
    """Sum up how a whole is spread over accounts; amounts of zero and below are left out."""
    ascending = exact(amounts[amounts > 0].sort_values())
    ranks = exact(pd.Series(np.arange(1, len(ascending) + 1)))
    return Concentration(
        accounts=len(ascending),
        total=int(ascending.sum()),
        top1=int(ascending[-1:].sum()),
        top3=int(ascending[-3:].sum()),
        top5=int(ascending[-5:].sum()),
        squares=int((ascending * ascending).sum()),
        rank_sum=int((ascending * ranks).sum()),
    )


def warnings_of(figures: Concentration, basis: str) -> tuple[ConcentrationWarning, ...]:
    """Return the worst limit that each measure passes, largest account first; () where none is, or nothing is summed.

    The five largest count from ten accounts on. A red index is amber where the normalised index says that the
    accounts are few rather than uneven.
    """
    if not figures.accounts:
        return ()
    values = {
        "top1": Fraction(figures.top1, figures.total),
        "top5": Fraction(figures.top5, figures.total),
        "hhi": Fraction(HHI_SCALE * figures.squares, figures.total**2),
    }
    worst = {
        limit.measure: limit for limit in LIMITS if values[limit.measure] > limit.above and _applies(limit, figures)
    }
    return tuple(ConcentrationWarning(basis, limit, float(values[measure])) for measure, limit in worst.items())


def concentration_warnings(accounts: pd.DataFrame, leaving: Sequence[str]) -> pd.DataFrame:
    """Return every limit that is passed, now and once the named accounts have left.

    Args:
        accounts: account_id, agi_cents, cm3_cents; rated as groups where accounts are under common control.
        leaving: accounts that are planned to leave; none: only the present is told.

    Returns:
        stage str (now | after), basis str (AGI | CM3), measure str, level str, value float64, source str.
    """
    found = [("now", _warned(accounts))]
    if leaving:
        found.append(("after", _warned(accounts[~accounts["account_id"].isin(list(leaving))])))
    rows = [
        (stage, warning.basis, warning.limit.measure, warning.limit.level, warning.value, warning.limit.source)
        for stage, warnings in found
        for warning in warnings
    ]
    columns = {"stage": "str", "basis": "str", "measure": "str", "level": "str", "value": "float64", "source": "str"}
    return pd.DataFrame(rows, columns=list(columns)).astype(columns)


def _warned(accounts: pd.DataFrame) -> tuple[ConcentrationWarning, ...]:
    bases = (("AGI", "agi_cents"), ("CM3", "cm3_cents"))
    return tuple(warning for basis, column in bases for warning in warnings_of(concentration(accounts[column]), basis))


def _applies(limit: Limit, figures: Concentration) -> bool:
    if limit.measure == "top5":
        return figures.accounts >= TOP5_FROM_ACCOUNTS
    if limit.measure == "hhi" and limit.level == "red":
        return _unevenness(figures) >= EVENLY_SPREAD
    return True


def _unevenness(figures: Concentration) -> Fraction:
    """Return the normalised index of at least one account, exactly."""
    if figures.accounts == 1:
        return Fraction(1)
    above_equal = figures.accounts * figures.squares - figures.total**2
    return Fraction(above_equal, (figures.accounts - 1) * figures.total**2)


def concentration_after(accounts: pd.DataFrame, leaving: Sequence[str], column: str = "agi_cents") -> Concentration:
    """Return the concentration once the named accounts have left together.

    Raises:
        DataError: an account is not there, or is named twice.
    """
    gone = rows_leaving(accounts, leaving)["account_id"]
    return concentration(accounts.loc[~accounts["account_id"].isin(gone), column])


def top1_after(accounts: pd.DataFrame, column: str = "agi_cents") -> pd.Series[float]:
    """Return, for the exit of each account alone, the share of the largest that remains; NaN where none does."""
    amounts = _positive(accounts[column])
    largest, runner_up = _two_largest(amounts)
    top = np.full(len(amounts), largest, dtype=object)
    if len(amounts):
        top[int(np.argmax(amounts))] = runner_up
    return shown_ratio(top, amounts.sum() - amounts, accounts.index)


def hhi_after(accounts: pd.DataFrame, column: str = "agi_cents") -> pd.Series[float]:
    """Return, for the exit of each account alone, the index of those that remain; NaN where none does."""
    amounts = _positive(accounts[column])
    squares = amounts * amounts
    remaining = amounts.sum() - amounts
    return shown_ratio(HHI_SCALE * (squares.sum() - squares), remaining * remaining, accounts.index)


def _positive(amounts: pd.Series[int]) -> Whole:
    return exact(amounts.clip(lower=0))


def _two_largest(amounts: Whole) -> tuple[int, int]:
    runner_up, largest = [0, 0, *sorted(amounts)][-2:]
    return largest, runner_up
