"""Field values on their way to any CRM: digits of a number, and what must never be sent."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Context, Decimal

from connectors.base import FieldSpec, RecordChange

_EXACT = Context(prec=60, rounding=ROUND_HALF_UP)
_MOST_DIGITS = 30
"""Before the point; beyond any amount of money."""


def at_scale(value: Decimal, scale: int) -> Decimal:
    """Return a number with `scale` digits after the point, half away from zero, zero without a sign.

    Raises:
        ValueError: not a finite number, or one of more digits than any field holds.
    """
    if not value.is_finite() or value.adjusted() > _MOST_DIGITS:
        raise ValueError("not a number that a field can hold")
    rounded = value.quantize(Decimal(1).scaleb(-scale), context=_EXACT)
    return rounded or abs(rounded)


def refuse_unwritable(changes: Sequence[RecordChange], fields: Sequence[FieldSpec], *, most: int) -> None:
    """Make sure that a batch may be sent at all; nothing is sent of one that may not.

    Raises:
        ValueError: more than `most` changes, an account twice, a change without values, a field that is not ours.
    """
    if len(changes) > most:
        raise ValueError(f"{len(changes)} changes in one call, at most {most} go")
    if len({change.account_id for change in changes}) < len(changes):
        raise ValueError("an account is in the batch twice")
    ours = {spec.key for spec in fields if spec.owner == "product"}
    for change in changes:
        foreign = sorted(set(change.values) - ours)
        if foreign or not change.values:
            raise ValueError(f"account {change.account_id}: not ours to write: {', '.join(foreign) or 'no values'}")
