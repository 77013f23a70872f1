"""Check and pull: the Salesforce connector against the sandbox, over real HTTP."""

from datetime import date
from decimal import Decimal

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from connectors.base import CrmOptions
from connectors.errors import CrmAccessError, CrmLoginError


def test_check_tells_the_org_and_the_user(sandbox, connector):
    identity = connector.check()

    assert (identity.crm, identity.org_name, identity.user) == (
        "salesforce",
        "Sandbox Org",
        sandbox.salesforce_login.username,
    )
    assert identity.org_id.startswith("00D")
    assert sandbox.writes == []


def test_wrong_secret_is_refused_without_a_second_try(sandbox, open_connector):
    with pytest.raises(CrmLoginError) as caught:
        open_connector(sandbox, credentials={"client_secret": "not-the-secret"}).check()

    assert len(sandbox.requests) == 1
    assert "not-the-secret" not in str(caught.value)


def test_jwt_login(make_sandbox, open_connector):
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    box = make_sandbox("jwt.sqlite", salesforce_public_key=public.decode())
    user = box.salesforce_login.username

    identity = open_connector(box, credentials={"client_secret": "", "username": user, "private_key": private}).check()

    assert identity.user == user


def test_missing_and_read_only_fields_are_named_at_once(sandbox, connector):
    sandbox.hide_field("salesforce", "Profit_Tier__c")
    sandbox.hide_field("salesforce", "Amount")
    sandbox.make_read_only("salesforce", "Profit_Review__c")

    with pytest.raises(CrmAccessError) as caught:
        connector.check()

    for name in ("Account.Profit_Tier__c", "Opportunity.Amount", "Account.Profit_Review__c is read-only"):
        assert name in str(caught.value)


def test_accounts_come_once_in_the_order_of_their_id(connector, account, all_values):
    found = list(connector.pull_accounts())

    assert [each.account_id for each in found] == sorted(account.values())
    by_id = {each.account_id: each for each in found}
    retail = by_id[account["C-002"]]
    assert (retail.name, retail.external_key, retail.parent_id, retail.started_on) == (
        "Alder Retail",
        "C-002",
        account["C-001"],
        date(2022, 7, 15),
    )
    assert by_id[account["C-003"]].name == "<script>alert(1)</script>"
    assert by_id[account["C-004"]].started_on is None
    assert by_id[account["No Number Ltd"]].external_key is None
    assert set(retail.values) == set(all_values) | {"decision", "decision_until", "decision_note"}
    assert {value for key, value in retail.values.items() if key != "review"} == {None}
    assert retail.values["review"] is False


def test_deleted_and_merged_accounts_are_left_out(sandbox, connector, account):
    sandbox.delete("salesforce", account["C-004"])
    sandbox.merge("salesforce", account["C-001"], account["C-002"])

    found = {each.account_id for each in connector.pull_accounts()}

    assert found == {account["C-001"], account["C-003"], account["No Number Ltd"]}
    assert set(connector.read_fields(list(account.values()))) == found


def test_thousands_of_accounts_take_a_page_per_two_thousand(sandbox, connector):
    sandbox.seed("salesforce", accounts=[{"name": f"n{number}"} for number in range(4001)])
    connector.check()
    before = len(sandbox.requests)

    found = [each.account_id for each in connector.pull_accounts()]

    assert len(set(found)) == len(found) == 4006
    assert len(sandbox.requests) - before == 3


def test_deals_are_typed(connector, account):
    found = list(connector.pull_deals())

    assert len(found) == 5
    won = next(each for each in found if each.account_id == account["C-001"])
    assert (won.amount, won.currency, won.close_date, won.is_won, won.is_closed, won.probability) == (
        Decimal("12000.5"),
        None,
        date(2021, 2, 20),
        True,
        True,
        Decimal(1),
    )
    still_open = next(each for each in found if each.account_id == account["C-003"])
    assert (still_open.amount, still_open.is_won, still_open.probability) == (None, False, Decimal("0.4"))
    assert sum(each.account_id is None for each in found) == 1


def test_deals_of_an_org_with_several_currencies_tell_theirs(make_sandbox, open_connector):
    box = make_sandbox("many.sqlite", is_multi_currency=True)
    box.seed("salesforce", deals=[{"account": None, "stage": "won", "amount": "1", "currency": "CHF"}])

    assert [each.currency for each in open_connector(box).pull_deals()] == ["CHF"]


def test_options_may_name_no_field(sandbox, open_connector):
    found = list(open_connector(sandbox, options=CrmOptions()).pull_accounts())

    assert {(each.external_key, each.started_on) for each in found} == {(None, None)}
