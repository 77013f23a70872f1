"""The statement's lines: their order, signs and words, held against the worked example."""

from __future__ import annotations

from datetime import date

import pytest

from profitability.engine import evaluate
from profitability.facts import Facts
from profitability.policy import Policy
from profitability.statement import CAUSED, COST_LINES, NET_CLIENT_PROFIT, line_named, statement_lines


def test_every_result_is_the_sum_of_the_lines_above_it_by_their_signs(
    worked_facts: Facts, worked_policy: Policy
) -> None:
    statement = evaluate(worked_facts, worked_policy, date(2026, 1, 20)).statement.set_index("account_id")
    pools = tuple(name[len("alloc_") : -len("_cents")] for name in statement.columns if name.startswith("alloc_"))
    lines = statement_lines(pools)
    assert list(statement.columns) == [f"{line.name}_cents" for line in lines]
    for _, row in statement.iterrows():
        so_far = 0
        for line in lines:
            amount = int(row[f"{line.name}_cents"])
            so_far += line.sign * amount
            assert not line.is_result or amount == so_far, line.name
    assert len(pools) == 3


def test_every_line_has_its_own_name_and_words() -> None:
    lines = (*CAUSED, NET_CLIENT_PROFIT)
    for texts in ([line.name for line in lines], [line.title for line in lines], [line.words for line in lines]):
        assert len(set(texts)) == len(lines)
    assert [line_named(line.name) for line in lines] == list(lines)
    shared = line_named("alloc_facilities_tools")
    assert (shared.title, shared.words, shared.sign) == (
        "Shared: facilities tools",
        "shared cost: facilities tools",
        -1,
    )
    assert COST_LINES[0] == "delivery_labour"
    assert not {"pass_through", "agi", "cm1", "ncp"} & set(COST_LINES)
    with pytest.raises(KeyError):
        line_named("profit")
