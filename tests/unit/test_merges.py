"""Which account stands for one that was merged away."""

from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.merges import Merges

IDS = st.sampled_from("abcdefg")


def test_steps_are_followed_to_their_end():
    merges = Merges({"a": "b", "b": "c"})

    assert [merges.master(each) for each in "abcd"] == ["c", "c", "c", "d"]
    assert merges.by_master() == {"c": ["a", "b"]}


def test_what_the_crm_tells_now_wins_and_what_it_forgot_is_remembered():
    merges = Merges({"a": "b", "b": "c"}).among({"d", "e"}, {"b": "d"})

    assert merges.steps == {"a": "b", "b": "d"}


def test_an_account_that_is_there_again_was_never_merged_away():
    merges = Merges({"a": "b"}, {"name:foo": "a"}).among({"a"}, {"b": "a"})

    assert (merges.master("a"), merges.master("b")) == ("a", "a")
    assert merges.customers == {"name:foo": "a"}


@given(st.dictionaries(IDS, IDS), st.sets(IDS))
@settings(max_examples=50)
def test_no_steps_go_round_for_ever_and_none_leads_away_from_an_account_that_is_there(steps, living):
    merges = Merges().among(living, steps)

    for each in "abcdefg":
        end = merges.master(each)
        assert end == each if each in living else end in living or merges.master(end) not in living
