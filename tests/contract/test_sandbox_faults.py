"""Scripted faults do what they say, and only as often as they say."""

from __future__ import annotations

import threading
import time

import pytest
import requests

from connectors.sandbox import faults

_COMPANIES = "/crm/v3/objects/companies"
_UPDATE = f"{_COMPANIES}/batch/update"


def write(api, company_id, tier="A"):
    return api.post(_UPDATE, json={"inputs": [{"id": company_id, "properties": {"profit_tier": tier}}]})


def test_a_fault_hits_its_method_and_path_as_often_as_scripted(sandbox, hubspot_api):
    sandbox.faults.add(faults.answer(500), method="GET", path=_COMPANIES, times=2, skip=1)
    statuses = [hubspot_api.get(_COMPANIES).status_code for _ in range(4)]

    assert statuses == [200, 500, 500, 200]
    assert sandbox.faults.pending == 0


def test_a_fault_leaves_other_requests_alone(sandbox, hubspot_api, ids):
    sandbox.faults.add(faults.answer(500), method="POST", path=_UPDATE)

    assert hubspot_api.get(_COMPANIES).status_code == 200
    assert write(hubspot_api, ids["hubspot"]["C-001"]).status_code == 500
    assert sandbox.history("hubspot", ids["hubspot"]["C-001"]) == []


def test_faults_wait_in_order_and_can_be_forgotten(sandbox, hubspot_api):
    for status in (500, 503, 423):
        sandbox.faults.add(faults.answer(status))
    statuses = [hubspot_api.get(_COMPANIES).status_code for _ in range(2)]
    sandbox.faults.clear()

    assert statuses == [500, 503]
    assert hubspot_api.get(_COMPANIES).status_code == 200


@pytest.mark.parametrize("retry_after", [None, "7"])
def test_429_comes_with_and_without_a_wait(sandbox, hubspot_api, retry_after):
    sandbox.faults.add(faults.too_many_requests(retry_after=retry_after))
    answer = hubspot_api.get(_COMPANIES)

    assert (answer.status_code, answer.json()["policyName"]) == (429, "TEN_SECONDLY_ROLLING")
    assert answer.headers.get("Retry-After") == retry_after


def test_each_vendor_words_its_own_errors(sandbox, hubspot_api, salesforce_api):
    def both(fault):
        sandbox.faults.add(fault, times=2)
        return salesforce_api.get("/limits"), hubspot_api.get(_COMPANIES)

    expired = both(faults.session_expired())
    used_up = both(faults.daily_limit())
    down = both(faults.answer(503))

    assert expired[0].json()[0]["errorCode"] == "INVALID_SESSION_ID"
    assert (expired[1].status_code, expired[1].json()["category"]) == (401, "INVALID_AUTHENTICATION")
    assert (used_up[0].status_code, used_up[0].json()[0]["errorCode"]) == (403, "REQUEST_LIMIT_EXCEEDED")
    assert (used_up[1].status_code, used_up[1].json()["policyName"]) == (429, "DAILY")
    assert all(each.headers["Content-Type"].startswith("text/html") for each in down)


def test_silence_lasts_until_the_client_gives_up(sandbox, hubspot_api):
    sandbox.faults.add(faults.silence())

    with pytest.raises(requests.ReadTimeout):
        hubspot_api.get(_COMPANIES, timeout=0.1)
    assert hubspot_api.get(_COMPANIES).status_code == 200
    assert sandbox.requests[-2].status is None


def test_silence_ends_when_the_sandbox_stops(sandbox, hubspot_api):
    sandbox.faults.add(faults.silence())
    caught = []

    def ask():
        try:
            hubspot_api.get(_COMPANIES)
        except requests.ConnectionError as error:
            caught.append(error)

    thread = threading.Thread(target=ask)
    thread.start()
    while not sandbox.requests:
        time.sleep(0.001)
    sandbox.stop()
    thread.join(timeout=5)

    assert len(caught) == 1


def test_a_closed_connection_means_that_nothing_was_done(sandbox, hubspot_api, ids):
    sandbox.faults.add(faults.closed_connection())

    with pytest.raises(requests.ConnectionError):
        write(hubspot_api, ids["hubspot"]["C-001"])
    assert sandbox.history("hubspot", ids["hubspot"]["C-001"]) == []


@pytest.mark.parametrize(("status", "seen"), [(504, 504), (None, None)])
def test_a_write_can_be_done_although_its_answer_is_lost(sandbox, hubspot_api, ids, status, seen):
    sandbox.faults.add(faults.applied_then(status), method="POST")
    if seen is None:
        with pytest.raises(requests.ConnectionError):
            write(hubspot_api, ids["hubspot"]["C-001"])
    else:
        assert write(hubspot_api, ids["hubspot"]["C-001"]).status_code == seen

    assert sandbox.record("hubspot", ids["hubspot"]["C-001"]).values["profit_tier"] == "A"


def test_cut_json_is_whole_by_its_length_but_not_json(sandbox, hubspot_api):
    sandbox.faults.add(faults.cut_json())
    answer = hubspot_api.get(_COMPANIES)

    assert answer.status_code == 200
    assert int(answer.headers["Content-Length"]) == len(answer.content)
    with pytest.raises(requests.JSONDecodeError):
        answer.json()


def test_a_dropped_body_breaks_off(sandbox, salesforce_api):
    sandbox.faults.add(faults.dropped_body())

    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        salesforce_api.get("/sobjects/Account/describe")


@pytest.mark.parametrize(("fault", "body"), [(faults.html_page(), "<!DOCTYPE html>"), (faults.empty_list(), "[]")])
def test_a_200_can_hold_something_else(sandbox, hubspot_api, fault, body):
    sandbox.faults.add(fault)
    answer = hubspot_api.get(_COMPANIES)

    assert (answer.status_code, answer.text[: len(body)]) == (200, body)


def test_results_can_be_turned_around_or_lack_one(sandbox, hubspot_api, salesforce_api, ids):
    whole = [each["id"] for each in hubspot_api.get(_COMPANIES).json()["results"]]
    for fault in (faults.shuffled(), faults.missing_item()):
        sandbox.faults.add(fault, path=_COMPANIES)
    turned = [each["id"] for each in hubspot_api.get(_COMPANIES).json()["results"]]
    short = [each["id"] for each in hubspot_api.get(_COMPANIES).json()["results"]]
    entries = [
        {"attributes": {"type": "Account"}, "id": each, "Profit_Tier__c": "A"} for each in ids["salesforce"].values()
    ]
    sandbox.faults.add(faults.missing_item(), path="/services/data")
    written = salesforce_api.patch("/composite/sobjects", json={"records": entries}).json()

    assert turned == whole[::-1]
    assert short == whole[:-1]
    assert len(written) == len(entries) - 1


def test_a_drip_sends_one_byte_at_a_time(sandbox, hubspot_api):
    whole = hubspot_api.get("/crm/v3/pipelines/deals").content
    sandbox.faults.add(faults.drip(pause_seconds=0.0001))
    sandbox.faults.add(faults.drip(pause_seconds=5), skip=0)
    dripped = hubspot_api.get("/crm/v3/pipelines/deals").content

    assert dripped == whole
    with pytest.raises(requests.RequestException):
        hubspot_api.get("/crm/v3/pipelines/deals", timeout=0.1)
