"""Expected credit loss by a provision matrix: the arithmetic of `models/loss_rates.sql` and `models/open_items.sql`."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from profitability.units import half_up

AGEING_DAYS = (0, 30, 60, 90)
"""Days past due after which a balance is in the next bucket: not due, 1-30, 31-60, 61-90, over 90."""

HISTORY_MONTHS = 24
"""Length of the history that loss rates may come from."""


def loss_rates(survivors: Sequence[int]) -> tuple[Fraction, ...]:
    """Return the share of what reached each bucket that was never paid.

    Args:
        survivors: amounts above 0 that were still unpaid as each bucket began, in order; the last one is what was never
            paid at all.

    Returns:
        One exact rate per amount; the last is 1.

    Source: IFRS 9 B5.5.35, provision matrix.
    """
    return tuple(Fraction(survivors[-1], survivor) for survivor in survivors)


def allowance(balances: Sequence[int], rates: Sequence[Fraction]) -> int:
    """Return the loss allowance on one balance per rate, each rounded half away from zero, in the balances' unit.

    Raises:
        ValueError: not as many balances as rates.

    Source: IFRS 9 B5.5.35, Illustrative Example 12.
    """
    return sum(half_up(balance * rate) for balance, rate in zip(balances, rates, strict=True))
