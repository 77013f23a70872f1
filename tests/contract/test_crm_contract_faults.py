"""The promises of `connectors.base` when network, gateway or CRM misbehave, for every CRM connector."""

import logging
import socket
from dataclasses import replace

import pytest

from connectors.base import RecordChange, WriteStatus
from connectors.errors import CrmAccessError, CrmAnswerError, CrmBudgetError, CrmLoginError, CrmUnavailableError
from connectors.sandbox import faults

BROKEN = [faults.cut_json(), faults.html_page(), faults.empty_list(), faults.answer(200, "{}")]
NO_ANSWER = [faults.dropped_body(), faults.closed_connection(), faults.answer(503), faults.too_many_requests()]


def listed(connector):
    return [each.account_id for each in connector.pull_accounts()]


@pytest.mark.parametrize("fault", BROKEN + NO_ANSWER)
def test_a_later_page_that_stays_broken_is_never_the_end_of_the_list(sandbox, connector, crm, *, name, fault, haste):
    sandbox.seed(name, accounts=[{"name": f"n{number}"} for number in range(crm.page_size)])
    sandbox.faults.add(fault, method="GET", path=crm.list_path, times=haste.attempts, skip=1)
    pull, found = connector.pull_accounts(), []

    with pytest.raises((CrmAnswerError, CrmUnavailableError)):
        found.extend(each.account_id for each in pull)

    assert len(found) <= crm.page_size
    assert sandbox.faults.pending == 0


@pytest.mark.parametrize("fault", BROKEN + NO_ANSWER)
def test_a_page_that_breaks_for_a_moment_is_read_again(sandbox, connector, crm, *, account, fault, haste):
    sandbox.faults.add(fault, method="GET", path=crm.list_path, times=haste.attempts - 1)

    assert listed(connector) == sorted(account.values())
    assert sandbox.faults.pending == 0


@pytest.mark.parametrize("fault", [*BROKEN, faults.answer(503)])
def test_check_and_reading_back_survive_a_broken_answer_too(sandbox, connect, account, fault):
    for skip in range(6):  # login, identity, descriptions, the read: whichever request it is that breaks
        sandbox.faults.add(fault, skip=skip)
        connector = connect()
        connector.check()

        assert set(connector.read_fields([account["C-001"]])) == {account["C-001"]}
        sandbox.faults.clear()


@pytest.mark.parametrize("fault", [*BROKEN, *NO_ANSWER, faults.applied_then(None), faults.applied_then(503)])
def test_a_write_without_a_clear_answer_is_unknown_and_never_sent_again(sandbox, connector, account, crm, fault):
    changes = [RecordChange(account[key], {"tier": "A"}) for key in ("C-001", "C-003")]
    sandbox.faults.add(fault, path=crm.write_path)

    assert [each.status for each in connector.write_changes(changes)] == [WriteStatus.UNKNOWN, WriteStatus.UNKNOWN]
    assert len(sandbox.writes) == 1
    held = {values["tier"] for values in connector.read_fields([each.account_id for each in changes]).values()}
    assert len(held) == 1


def test_nobody_at_the_address(connect):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]

    with pytest.raises(CrmUnavailableError):
        connect(f"http://127.0.0.1:{port}").check()


@pytest.mark.parametrize("fault", [faults.silence(), faults.drip(pause_seconds=0.05)])
def test_a_server_that_does_not_come_to_an_end_is_left_by_the_deadline(sandbox, connect, account, *, crm, fault, haste):
    short = replace(haste, read_seconds=0.3, total_seconds=0.5)
    connector = connect(patience=short)
    sandbox.faults.add(fault, times=short.attempts)
    with pytest.raises(CrmUnavailableError):
        connector.check()
    assert sandbox.faults.pending == 0

    connector.check()
    sandbox.faults.add(fault, path=crm.write_path)
    (outcome,) = connector.write_changes([RecordChange(account["C-001"], {"tier": "A"})])
    assert outcome.status == WriteStatus.UNKNOWN
    assert len(sandbox.writes) == 1


def test_a_spent_daily_allowance_is_not_waited_for(sandbox, connect):
    connector = connect()
    sandbox.faults.add(faults.daily_limit(), skip=1, times=9)

    with pytest.raises(CrmBudgetError):
        listed(connector)
    assert sandbox.faults.pending == 8


def test_no_secret_name_or_body_in_messages_or_logs(sandbox, connect, crm, *, account, caplog, haste):
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.DEBUG, logger="urllib3")
    connector, told = connect(), []
    told += [repr(connector), repr(connector.check()), str(len(listed(connector)))]
    told.append(repr(connector.write_changes([RecordChange(account["C-001"], {"tier": "Ferro", "reason": "Ferro"})])))
    leak = '{"message": "Alder Ferro", "error": "Alder Ferro", "results": "Alder Ferro"}'
    for status in (200, 400, 401, 403, 404, 418, 500):
        sandbox.faults.add(faults.answer(status, leak), times=haste.attempts * 2)
        with pytest.raises((CrmAnswerError, CrmUnavailableError, CrmLoginError, CrmAccessError)) as caught:
            listed(connector)
        told += [str(caught.value), repr(caught.value), repr(caught.value.__cause__)]
        sandbox.faults.clear()

    assert crm.list_path in caplog.text, "the log was on"
    for word in ("Alder", "Ferro", crm.secret):
        assert word not in " ".join(told) + caplog.text
