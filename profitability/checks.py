"""Refuse facts that contradict a rule, before anything is computed from them."""

from __future__ import annotations

from profitability.errors import DataError
from profitability.rule import Rule
from profitability.rules import RULES
from profitability.tables import Engine

ROWS_SHOWN = 5


def check_facts(engine: Engine) -> None:
    """Refuse facts that break a rule; all broken rules are told at once.

    Raises:
        DataError: names each table, what is wrong, how many rows and the first of them.
    """
    counts = engine.fetch(
        " UNION ALL ".join(
            f"SELECT {index} AS rule, count(*) AS found FROM ({rule.sql}) AS broken"  # noqa: S608 (our own text)
            for index, rule in enumerate(RULES)
        )
    )
    found = counts[counts["found"] > 0].sort_values("rule")
    broken = [
        (RULES[int(index)], _told(engine, RULES[int(index)], int(count)))
        for index, count in zip(found["rule"], found["found"], strict=True)
    ]
    if len(broken) == 1:
        rule, text = broken[0]
        raise DataError(text, where=rule.table, remedy=rule.remedy)
    if broken:
        lines = [f"{rule.table}: {text}\n    do: {rule.remedy}" for rule, text in broken]
        raise DataError(
            "\n  ".join([f"{len(broken)} rules on the facts are broken", *lines]),
            remedy="correct the facts above and run again",
        )


def _told(engine: Engine, rule: Rule, found: int) -> str:
    rows = engine.fetch(
        f"SELECT subject FROM ({rule.sql}) AS broken ORDER BY subject ASC LIMIT {ROWS_SHOWN}"  # noqa: S608 (our own text)
    )
    shown = ", ".join(str(subject) for subject in rows["subject"])
    more = f" and {found - len(rows)} more" if found > len(rows) else ""
    return f"{rule.what}: {shown}{more}"
