"""Laws of identity: exact, order-free, nothing lost."""

from hypothesis import given
from hypothesis import strategies as st

from connectors.base import AccountRecord
from connectors.identity import MatchDecisions, Party, handle_of, resolve
from connectors.names import full_name, plain_name

words = st.sampled_from(["Alfa", "ALFA", "Bêta", "Beta", "B.V.", "bv", "GmbH", "Ltd", "&", "Co", "KG", "-", "(1)"])
names = st.one_of(st.lists(words, min_size=1, max_size=4).map(" ".join), st.text(min_size=1, max_size=12))
keys = st.sampled_from(["1", "2", "C-1", "Alfa"])
accounts = st.lists(st.tuples(names, st.none() | keys), max_size=6).map(
    lambda rows: [AccountRecord(str(n), name, key, None, None, {}) for n, (name, key) in enumerate(rows)]
)
parties = st.lists(
    st.builds(Party, st.none() | keys, st.none() | names, st.integers(0, 10**6), st.integers(0, 10**6)).filter(
        lambda party: party.key is not None or party.name is not None
    ),
    max_size=8,
    unique_by=lambda party: (party.key, party.name),
)


@given(parties, accounts, st.randoms(use_true_random=False))
def test_the_order_of_parties_and_accounts_does_not_matter(parties, accounts, random):
    before = resolve(parties, accounts)
    random.shuffle(parties)
    random.shuffle(accounts)

    assert resolve(parties, accounts) == before


@given(parties, accounts)
def test_every_party_has_one_account_and_every_unmatched_cent_and_second_is_listed(parties, accounts):
    identities = resolve(parties, accounts)
    listed = {party.account_id for party in identities.unmatched}
    left = [party for party in parties if identities.account_ids[party.key, party.name] in listed]

    assert set(identities.account_ids) == {(party.key, party.name) for party in parties}
    assert len(listed) == len(identities.unmatched)
    assert listed.isdisjoint(account.account_id for account in accounts)
    assert sum(party.value_cents for party in identities.unmatched) == sum(party.value_cents for party in left)
    assert sum(party.worked_seconds for party in identities.unmatched) == sum(party.worked_seconds for party in left)
    assert [-party.value_cents for party in identities.unmatched] == sorted(
        -party.value_cents for party in identities.unmatched
    )


@given(parties, accounts)
def test_a_match_rests_on_a_number_or_on_one_plain_name(parties, accounts):
    by_id = {account.account_id: account for account in accounts}
    for (key, name), account_id in resolve(parties, accounts).account_ids.items():
        account = by_id.get(account_id)
        if account is None or (key and key in (account_id, account.external_key)):
            continue
        same = [other for other in accounts if full_name(other.name) == full_name(name)]
        assert (same or [other for other in accounts if plain_name(other.name)[0] == plain_name(name)[0]]) == [account]


@given(parties, accounts, st.integers(0, 5))
def test_a_twin_of_an_account_never_moves_a_customer_to_another_account(parties, accounts, place):
    before = resolve(parties, accounts).account_ids
    if accounts:
        twin = accounts[place % len(accounts)]
        accounts = [*accounts, AccountRecord("twin", twin.name, None, None, None, {})]
    after = resolve(parties, accounts).account_ids

    assert all(after[party] in (before[party], "twin") or after[party].startswith("unmatched:") for party in before)


@given(names)
def test_a_plain_name_is_plain(name):
    stem, _ = plain_name(name)

    assert stem == stem.casefold().strip()
    assert plain_name(name.upper())[0] == plain_name(name.upper().lower())[0]


@given(parties, accounts, st.data())
def test_a_confirmation_moves_its_customer_and_nobody_else(parties, accounts, data):
    if not (parties and accounts):
        return
    handle = data.draw(st.sampled_from(parties)).handle
    account_id = data.draw(st.sampled_from(accounts)).account_id
    before = resolve(parties, accounts).account_ids
    after = resolve(parties, accounts, MatchDecisions({handle: account_id})).account_ids

    for party in parties:
        who = (party.key, party.name)
        assert after[who] == account_id if party.handle == handle else after[who] == before[who]


@given(names)
def test_a_handle_is_a_fixed_point(name):
    handle = handle_of(None, name)
    assert handle_of(None, handle.removeprefix("name:")) == handle
