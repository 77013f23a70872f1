"""The sandbox as a thing to start, fill, stop and open again."""

from __future__ import annotations

import json
import sqlite3
import string

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.sandbox.ids import mint_salesforce_id, parse_salesforce_id, with_checksum
from connectors.sandbox.server import Sandbox, SandboxError

_NAME = "Profit_Tier__c"


def test_records_and_identity_outlive_a_stop(sandbox, open_hubspot, open_salesforce, ids):
    account, company = ids["salesforce"]["C-001"], ids["hubspot"]["C-001"]
    sandbox.edit("salesforce", account, {_NAME: "B"}, by="Jo Park")
    url, portal = sandbox.url, open_hubspot(sandbox).get("/account-info/v3/details").json()["portalId"]
    sandbox.stop()
    sandbox.start()

    assert sandbox.url == url
    assert sandbox.record("salesforce", account).values[_NAME] == "B"
    assert [line.changed_by for line in sandbox.history("salesforce", account)] == ["Jo Park"]
    assert open_hubspot(sandbox).get("/account-info/v3/details").json()["portalId"] == portal
    assert open_salesforce(sandbox).get(f"/sobjects/Account/{account}").status_code == 200
    assert open_hubspot(sandbox).get(f"/crm/v3/objects/companies/{company}").status_code == 200


def test_a_stopped_sandbox_can_be_looked_at_with_plain_sql(sandbox, tmp_path, ids):
    sandbox.stop()
    db = sqlite3.connect(tmp_path / "crm.sqlite")
    rows = db.execute(
        "SELECT properties ->> 'AccountNumber' FROM records WHERE crm = 'salesforce' AND object = 'Account' ORDER BY id"
    ).fetchall()
    db.close()

    assert rows == [("C-001",), ("C-002",), ("C-003",), ("C-004",), (None,)]
    assert len(ids) == 2


def test_nothing_answers_after_a_stop(sandbox):
    sandbox.stop()
    sandbox.stop()

    with pytest.raises(requests.ConnectionError):
        requests.get(sandbox.url, timeout=1)
    with pytest.raises(SandboxError, match="not running"):
        sandbox.account_ids("salesforce")


def test_each_new_file_is_an_org_of_its_own(make_sandbox, open_hubspot):
    boxes = [make_sandbox("one.sqlite"), make_sandbox("two.sqlite")]
    portals = {open_hubspot(box).get("/account-info/v3/details").json()["portalId"] for box in boxes}

    assert len(portals) == 2


def test_a_port_that_is_taken_and_a_file_that_is_not_ours_are_told(make_sandbox, fields, tmp_path):
    port = int(make_sandbox().url.rpartition(":")[2])
    (tmp_path / "letter.txt").write_text("Dear Sir, this is no database." * 100)

    with pytest.raises(SandboxError, match=f"port {port} is taken"):
        Sandbox(tmp_path / "new.sqlite", fields=fields, port=port).start()
    with pytest.raises(SandboxError, match="cannot use this file"):
        Sandbox(tmp_path / "letter.txt", fields=fields).start()


def test_a_person_edits_only_what_the_crm_takes(sandbox, ids):
    account = ids["hubspot"]["C-001"]

    with pytest.raises(ValueError, match="not one of the allowed options"):
        sandbox.edit("hubspot", account, {"profit_decision": "Sell"})
    with pytest.raises(LookupError, match="no account 1"):
        sandbox.edit("hubspot", "1", {"profit_decision": "Keep"})
    with pytest.raises(LookupError, match="no field 'nope'"):
        sandbox.hide_field("hubspot", "nope")
    assert sandbox.history("hubspot", account) == []


def test_the_log_tells_reads_from_writes_and_keeps_no_credentials(sandbox, salesforce_api, hubspot_api, ids):
    hubspot_api.post("/crm/v3/objects/companies/batch/read", json={"inputs": []}, headers={"X-Note": "mine"})
    assert sandbox.writes == []
    salesforce_api.patch(f"/sobjects/Account/{ids['salesforce']['C-001']}", json={_NAME: "A"})
    hubspot_api.post("/crm/v3/objects/companies/batch/update", json={"inputs": []})

    assert [each.method for each in sandbox.writes] == ["PATCH", "POST"]
    assert sandbox.writes[0].status == 204
    assert sandbox.writes[0].body == b'{"Profit_Tier__c": "A"}'
    assert sandbox.requests[-3].headers["x-note"] == "mine"
    assert not any("authorization" in each.headers for each in sandbox.requests)


def test_seeds_of_both_crms_carry_keys_starts_and_parents(sandbox, ids):
    salesforce = sandbox.record("salesforce", ids["salesforce"]["C-002"]).values
    hubspot = sandbox.record("hubspot", ids["hubspot"]["C-002"]).values
    options = sandbox.options("salesforce"), sandbox.options("hubspot")

    assert salesforce[options[0].account_key] == hubspot[options[1].account_key] == "C-002"
    assert salesforce[options[0].started_on] == hubspot[options[1].started_on] == "2022-07-15"
    assert salesforce["ParentId"] == ids["salesforce"]["C-001"]
    assert hubspot["hs_parent_company_id"] == ids["hubspot"]["C-001"]


def test_a_deal_may_name_an_account_of_an_earlier_seed_but_not_one_that_is_nowhere(sandbox, ids):
    sandbox.seed("hubspot", deals=[{"account": ids["hubspot"]["C-004"], "stage": "won", "amount": "1"}])

    with pytest.raises(LookupError, match="'C-9'"):
        sandbox.seed("hubspot", deals=[{"account": "C-9", "stage": "won"}])


_ID15 = st.text(string.ascii_letters + string.digits, min_size=15, max_size=15)


def test_the_checksum_is_the_vendors():
    """A pair that Salesforce publishes for its 15- and 18-character forms."""
    assert with_checksum("001D000000IqhSL") == "001D000000IqhSLIAZ"


@given(_ID15)
def test_an_id_has_one_whole_form(id15):
    whole = with_checksum(id15)

    assert parse_salesforce_id(id15) == parse_salesforce_id(whole) == whole
    if whole.swapcase() != whole:
        assert parse_salesforce_id(whole.swapcase()) != whole


@given(st.integers(0, 62**9), st.integers(0, 62**9))
def test_minted_ids_are_distinct_and_sort_like_their_numbers(one, other):
    first, second = mint_salesforce_id("Account", one), mint_salesforce_id("Account", other)

    assert (first[:15] < second[:15]) == (one < other)
    assert len(first) == 18


@pytest.mark.parametrize("malformed", ["", "001", "x" * 16, "0" * 15 + "ABC", 5, None])
def test_malformed_ids_are_told(malformed):
    assert parse_salesforce_id(malformed) is None


_KEYS = [
    "id",
    "ids",
    "fields",
    "records",
    "inputs",
    "properties",
    "attributes",
    "type",
    "profit_tier",
    "Profit_Tier__c",
]
_LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.sampled_from(["Account"])
_BODIES = st.recursive(
    _LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(_KEYS), inner, max_size=4)
)
_ENDPOINTS = [
    ("PATCH", "/services/data/v66.0/composite/sobjects"),
    ("POST", "/services/data/v66.0/composite/sobjects/Account"),
    ("PATCH", "/services/data/v66.0/sobjects/Account/{salesforce}"),
    ("POST", "/crm/v3/objects/companies/batch/read"),
    ("POST", "/crm/v3/objects/companies/batch/update"),
    ("PATCH", "/crm/v3/objects/companies/{hubspot}"),
]


@pytest.mark.parametrize(("method", "path"), _ENDPOINTS)
def test_no_body_makes_the_sandbox_fail(make_sandbox, open_salesforce, open_hubspot, method, path):
    """A refusal is a 4xx in the vendor's form; a 5xx would be a bug of the sandbox."""
    box = make_sandbox(hubspot_burst_calls=10_000)
    account = {crm: box.seed(crm, accounts=[{"name": "Alder"}])["Alder"] for crm in ("salesforce", "hubspot")}
    token = (open_salesforce if path.startswith("/services") else open_hubspot)(box).headers["Authorization"]
    with requests.Session() as session:

        @settings(max_examples=25, deadline=None)
        @given(_BODIES)
        def no_failure(body):
            url = box.url + path.format(**account)
            text = json.dumps(body)
            answer = session.request(method, url, data=text, headers={"Authorization": token}, timeout=5)
            assert answer.status_code < 500

        no_failure()
