"""Exact comparisons and shares on columns of whole numbers."""

from __future__ import annotations

from fractions import Fraction
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from profitability.errors import DataError
from profitability.units import half_up

Flags: TypeAlias = npt.NDArray[np.bool_]

Whole: TypeAlias = npt.NDArray[np.object_]
"""Python integers, one per row."""

INT64_MAX = 2**63 - 1


def is_at_least(part: pd.Series[int], whole: pd.Series[int], limit: Fraction) -> Flags:
    """Tell where part / whole >= limit, without dividing; meant for whole > 0.

    numpy wraps silently on overflow, so amounts too large for int64 products are compared as Python integers.
    """
    left, right = part.to_numpy(dtype=np.int64), whole.to_numpy(dtype=np.int64)
    largest = max(
        (abs(int(value)) for side in (left, right) if side.size for value in (side.min(), side.max())), default=0
    )
    if largest * max(limit.denominator, abs(limit.numerator)) > INT64_MAX:
        compared = left.astype(object) * limit.denominator >= right.astype(object) * limit.numerator
        return np.asarray(compared, dtype=np.bool_)
    return np.asarray(left * limit.denominator >= right * limit.numerator, dtype=np.bool_)


def ratio(part: pd.Series[int], whole: pd.Series[int]) -> pd.Series[float]:
    """Return part / whole as float64 for showing, NaN where whole <= 0. Limits are never tested on it."""
    return (part / whole.where(whole > 0)).astype("float64")


def rounded_text(part: int, whole: int, digits: int) -> str:
    """Return 100 x part / whole as text with so many digits, rounded half away from zero."""
    return decimal_text(half_up(Fraction(100 * 10**digits * part, whole)), digits)


def decimal_text(scaled: int, digits: int) -> str:
    """Return a whole number of 10^-digits as text with thousands separators (-1234567, 2 -> -12,345.67)."""
    sign = "-" if scaled < 0 else ""
    units, rest = divmod(abs(scaled), 10**digits)
    return f"{sign}{units:,}.{rest:0{digits}d}" if digits else f"{sign}{units:,}"


def exact(column: pd.Series[int]) -> Whole:
    """Return a column of whole numbers as Python integers, which never overflow (about 0.1 microseconds a product)."""
    return column.to_numpy(dtype=np.int64).astype(object)


def half_up_quotient(numerator: Whole, denominator: Whole | int) -> Whole:
    """Return numerator / denominator, each rounded half away from zero to a Python integer; denominators above 0."""
    size = (2 * np.abs(numerator) + denominator) // (2 * denominator)
    signed: Whole = np.where(numerator < 0, -size, size)
    return signed


def posted(amounts: Whole, index: pd.Index) -> pd.Series[int]:
    """Return whole amounts as an Int64 column.

    Raises:
        DataError: an amount does not fit into 64 bits.
    """
    try:
        return pd.Series(amounts, index=index, dtype="Int64")
    except OverflowError as error:
        raise DataError(
            "an amount is beyond 64 bits: 9,223,372,036,854,775,807 minor units",
            remedy="look for an account with a sum or hours that cannot be",
        ) from error


def shown_ratio(part: Whole, whole: Whole, index: pd.Index) -> pd.Series[float]:
    """Return part / whole as float64 for showing, rounded once, NaN where whole <= 0. Limits are never tested on it."""
    is_defined = np.asarray(whole > 0, dtype=np.bool_)
    quotient = np.where(is_defined, part, 0) / np.where(is_defined, whole, 1)
    return pd.Series(quotient, index=index, dtype="float64").where(is_defined)
