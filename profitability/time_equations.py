"""How long an event takes, where nobody logs its time (Kaplan & Anderson, HBR November 2004).

A time equation is t = b0 + sum of b_j x x_j: base time, and more (or less) for each attribute of the event, such as
five minutes more for each line of an order. An attribute that is a yes or no is 1 or 0.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

_ATTRIBUTE = re.compile(r"\s*([^\s=;]+)\s*=\s*([0-9]+)\s*")


@dataclass(frozen=True, slots=True)
class TimeEquation:
    """The time that one kind of event takes.

    Attributes:
        event: its name, as in the events table.
        pool: the pool with driver events that pays for the time.
        base_seconds: b0, for each event.
        extra_seconds: b_j by attribute, for each unit of it; below zero where it saves time.
    """

    event: str
    pool: str
    base_seconds: int
    extra_seconds: Mapping[str, int] = field(default_factory=dict)


def event_seconds(events: int, attributes: Mapping[str, int], equation: TimeEquation) -> int:
    """Estimate the time that so many events took, each of which has these attributes.

    Args:
        events: how many, >= 0.
        attributes: x_j by name; one that is left out is 0.
        equation: of this kind of event.

    Returns:
        Whole seconds for all the events together.

    Raises:
        ValueError: fewer than no events, an attribute that the equation does not know, a value below zero, or a time
            below zero.
    """
    if unknown := sorted(attributes.keys() - equation.extra_seconds.keys()):
        known = ", ".join(sorted(equation.extra_seconds)) or "no attribute"
        raise ValueError(f"{equation.event} has no attribute {', '.join(unknown)}; its time equation knows {known}")
    if events < 0 or any(value < 0 for value in attributes.values()):
        raise ValueError(f"{equation.event}: a number of events or an attribute is below zero")
    extra = sum(equation.extra_seconds[name] * value for name, value in attributes.items())
    if equation.base_seconds + extra < 0:
        raise ValueError(f"{equation.event} would take {equation.base_seconds + extra} seconds")
    return events * (equation.base_seconds + extra)


def parse_attributes(text: str) -> dict[str, int]:
    """Read attributes written as `new_customer=1;lines=3`; blank text has none.

    Raises:
        ValueError: a part is no `name=whole number`, or a name is there twice.
    """
    attributes: dict[str, int] = {}
    for part in filter(str.strip, text.split(";")):
        found = _ATTRIBUTE.fullmatch(part)
        if found is None:
            raise ValueError(f"{part.strip()!r} is not an attribute written as name=whole number")
        name = found[1]
        if name in attributes:
            raise ValueError(f"attribute {name} is there twice")
        attributes[name] = int(found[2])
    return attributes
