"""A count and its noun agree."""

import pytest

from profitability.units import counted


@pytest.mark.parametrize(
    ("count", "told"), [(0, "0 accounts"), (1, "1 account"), (2, "2 accounts"), (12_345, "12,345 accounts")]
)
def test_one_is_no_plural(count, told):
    assert counted(count, "account") == told


def test_a_noun_may_have_a_plural_of_its_own():
    assert [counted(count, "entry", "entries") for count in (1, 3)] == ["1 entry", "3 entries"]
