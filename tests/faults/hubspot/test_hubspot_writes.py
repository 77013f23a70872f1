"""What becomes of a write to HubSpot without a good answer: it is sent once, and its fate is told truly."""

import socket
from dataclasses import replace

import pytest

from connectors.base import RecordChange, WriteStatus
from connectors.errors import CrmAccessError, CrmAnswerError, CrmBudgetError, CrmLoginError

UPDATE = "/crm/v3/objects/companies/batch/update"


def changes(*account_ids, tier="A"):
    return [RecordChange(one, {"tier": tier}) for one in account_ids]


def written(*account_ids):
    return {"status": "COMPLETE", "results": [{"id": one, "properties": {}} for one in account_ids]}


def refused(*codes, message="refused"):
    errors = [{"message": message, "code": code, "context": {"propertyName": ["profit_tier"]}} for code in codes]
    return {"status": "error", "message": message, "category": "VALIDATION_ERROR", "errors": errors}


def statuses(outcomes):
    return {outcome.account_id: outcome.status for outcome in outcomes}


def writes(peer):
    return [request for request in peer.requests if request.path == UPDATE]


def cut(connection):
    connection.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n{"results": [')


def hang_up(connection):
    connection.close()


def silence(connection):
    connection.recv(1)


@pytest.mark.parametrize("fault", [cut, hang_up, silence])
def test_a_write_without_a_whole_answer_is_unknown_and_not_repeated(connect_hubspot, haste, peer, fault):
    peer.answer(fault)
    patience = replace(haste, read_seconds=0.1) if fault is silence else haste

    outcomes = connect_hubspot(peer, patience=patience).write_changes(changes("1", "2"))

    assert statuses(outcomes) == {"1": WriteStatus.UNKNOWN, "2": WriteStatus.UNKNOWN}
    assert len(peer.requests) == 1


def test_a_write_that_nobody_answers_the_door_for_is_unknown(connect_hubspot, peer):
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        peer.url = f"http://127.0.0.1:{nobody.getsockname()[1]}"

    assert statuses(connect_hubspot(peer).write_changes(changes("1"))) == {"1": WriteStatus.UNKNOWN}


@pytest.mark.parametrize("status", [302, 423, 429, 477, 500, 502, 503, 504, 524])
def test_a_write_that_hubspot_cannot_do_now_is_unknown_and_not_repeated(connect_hubspot, peer, status):
    peer.answer(peer.reply(body=b"<html>", status=status, Retry_After="0"))

    (outcome,) = connect_hubspot(peer).write_changes(changes("1"))

    assert (outcome.status, outcome.error_code) == (WriteStatus.UNKNOWN, f"HTTP_{status}")
    assert len(peer.requests) == 1


@pytest.mark.parametrize(
    "body", [b"<html>", b"[]", b"{}", b"", b'{"results": [{"id": "1"', b'{"results": [{"id": null}]}']
)
def test_a_200_that_cannot_be_trusted_leaves_the_write_unknown(connect_hubspot, peer, body):
    peer.answer(peer.reply(body=body))

    (outcome,) = connect_hubspot(peer).write_changes(changes("1"))

    assert outcome.status == WriteStatus.UNKNOWN
    assert len(peer.requests) == 1


def test_results_are_matched_by_id_and_told_in_the_order_asked(connect_hubspot, peer):
    peer.answer(peer.reply(written("30", "1", "2")))

    outcomes = connect_hubspot(peer).write_changes(changes("2", "30", "1"))

    assert [outcome.account_id for outcome in outcomes] == ["2", "30", "1"]
    assert set(statuses(outcomes).values()) == {WriteStatus.WRITTEN}


def test_what_goes_over_the_wire(connect_hubspot, peer):
    peer.answer(peer.reply(written("1")))

    connect_hubspot(peer).write_changes([RecordChange("1", {"tier": None, "review": True})])

    (request,) = peer.requests
    assert (request.method, request.path) == ("POST", UPDATE)
    assert request.json() == {"inputs": [{"id": "1", "properties": {"profit_tier": "", "profit_review": "true"}}]}


def test_207_tells_deleted_from_merged_from_lost(connect_hubspot, peer):
    # The error of a 207 names no id; the record itself tells.
    error = {"category": "OBJECT_NOT_FOUND", "message": "Could not get some COMPANY objects", "context": {"ids": [""]}}
    peer.answer(
        peer.reply({**written("1"), "numErrors": 1, "errors": [error]}, status=207),
        peer.reply({"status": "error", "message": "resource not found"}, status=404),
        peer.reply({"id": "900", "properties": {}}),
        peer.reply({"id": "4", "properties": {}}),
    )

    deleted, alive, merged, lost = connect_hubspot(peer).write_changes(changes("2", "1", "3", "4"))

    assert alive.status == WriteStatus.WRITTEN
    assert [request.path.partition("?")[0].rpartition("/")[2] for request in peer.requests[1:]] == ["2", "3", "4"]
    assert (deleted.status, deleted.message) == (WriteStatus.GONE, "deleted")
    assert (merged.status, merged.message) == (WriteStatus.GONE, "merged into 900")
    assert lost.status == WriteStatus.UNKNOWN


def test_a_gateways_404_page_does_not_mean_deleted(connect_hubspot, peer):
    peer.answer(peer.reply(written(), status=207), peer.reply(body=b"<html>Not found</html>", status=404))

    (outcome,) = connect_hubspot(peer).write_changes(changes("1"))

    assert outcome.status == WriteStatus.UNKNOWN


def test_one_bad_record_is_found_and_the_others_go_through(connect_hubspot, peer):
    def judge(connection):
        inputs = peer.requests[-1].json()["inputs"]
        ids = [one["id"] for one in inputs]
        is_bad = {"17", "63"} & set(ids)
        body, status = (refused("INVALID_OPTION"), 400) if is_bad else (written(*ids), 200)
        connection.sendall(peer.reply(body, status=status, Connection="close"))

    peer.answer(judge)
    ids = [str(number) for number in range(100)]

    outcomes = connect_hubspot(peer).write_changes(changes(*ids))

    found = statuses(outcomes)
    assert {one for one, status in found.items() if status == WriteStatus.REJECTED} == {"17", "63"}
    assert {outcome.error_code for outcome in outcomes if outcome.status == WriteStatus.REJECTED} == {"INVALID_OPTION"}
    assert sum(status == WriteStatus.WRITTEN for status in found.values()) == 98
    sent = [one["id"] for request in writes(peer) for one in request.json()["inputs"]]
    assert len(writes(peer)) < 30
    assert set(sent) == set(ids)


def test_a_refused_message_does_not_repeat_what_we_sent(connect_hubspot, peer):
    sentence = "Fees 12,400.00 less team time"
    peer.answer(peer.reply(refused("INVALID_STRING", message=f"{sentence} was not taken"), status=400))

    (outcome,) = connect_hubspot(peer).write_changes([RecordChange("1", {"reason": sentence})])

    assert outcome.message == "… was not taken"


def test_a_code_inside_the_text_is_read_where_there_is_no_other(connect_hubspot, peer):
    text = 'Property values were not valid: [{"isValid":false,"error":"INVALID_DATE","name":"profit_tier"}]'
    peer.answer(peer.reply({"status": "error", "message": text, "category": "VALIDATION_ERROR"}, status=400))

    (outcome,) = connect_hubspot(peer).write_changes(changes("1"))

    assert (outcome.status, outcome.error_code) == (WriteStatus.REJECTED, "INVALID_DATE")


@pytest.mark.parametrize("body", [b"[]", b"<html>", b'{"errors": [7, {"context": 7}], "category": 7}'])
def test_a_refusal_without_a_code_is_told_by_its_status(connect_hubspot, peer, body):
    peer.answer(peer.reply(body=body, status=400))

    (outcome,) = connect_hubspot(peer).write_changes(changes("1"))

    assert (outcome.status, outcome.error_code) == (WriteStatus.REJECTED, "HTTP_400")


def test_a_property_that_is_gone_stops_the_run_and_is_named(connect_hubspot, peer):
    peer.answer(peer.reply(refused("PROPERTY_DOESNT_EXIST"), status=400))

    with pytest.raises(CrmAccessError, match="profit_tier"):
        connect_hubspot(peer).write_changes(changes("1", "2"))

    assert len(peer.requests) == 1


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (401, {}, CrmLoginError),
        (403, {"category": "MISSING_SCOPES"}, CrmAccessError),
        (429, {"policyName": "DAILY"}, CrmBudgetError),
        (404, {}, CrmAnswerError),
    ],
)
def test_a_refusal_before_anything_was_written_is_raised(connect_hubspot, peer, status, body, error):
    peer.answer(peer.reply(body, status=status))

    with pytest.raises(error):
        connect_hubspot(peer).write_changes(changes("1", "2"))

    assert len(peer.requests) == 1


def test_a_refusal_after_something_was_written_loses_no_outcome(connect_hubspot, peer):
    peer.answer(
        peer.reply(refused("INVALID_OPTION"), status=400),
        peer.reply(written("1", "2")),
        peer.reply({"policyName": "DAILY"}, status=429),
    )

    outcomes = connect_hubspot(peer).write_changes(changes("1", "2", "3", "4"))

    assert statuses(outcomes) == {
        "1": WriteStatus.WRITTEN,
        "2": WriteStatus.WRITTEN,
        "3": WriteStatus.UNKNOWN,
        "4": WriteStatus.UNKNOWN,
    }
    assert {outcome.error_code for outcome in outcomes[2:]} == {CrmBudgetError.code}


def test_no_changes_make_no_call(connect_hubspot, peer):
    assert connect_hubspot(peer).write_changes([]) == []
    assert peer.requests == []


@pytest.mark.parametrize(
    "wrong",
    [
        changes("1", "1"),
        changes(*(str(number) for number in range(101))),
        [RecordChange("1", {})],
        [RecordChange("1", {"decision": "Keep"})],
        [RecordChange("1", {"unheard_of": "A"})],
    ],
)
def test_what_must_not_be_sent_is_not_sent(connect_hubspot, peer, wrong):
    with pytest.raises(ValueError, match=r"account|changes"):
        connect_hubspot(peer).write_changes(wrong)

    assert peer.requests == []
