"""Whatever comes back, it ends in results or in an error of ours that quotes nothing."""

import json

from hypothesis import given
from hypothesis import strategies as st

from connectors.errors import CrmAnswerError, CrmError
from connectors.hubspot.answers import document, error_codes, record_id, refusal, results
from connectors.hubspot.limits import rate_limits, retry_after_seconds
from connectors.hubspot.wire import Answer

SECRET = "Secret Client Ltd"
KEYS = ["errors", "code", "category", "context", "message", "policyName", "requiredGranularScopes", "results", "id"]
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from([SECRET, "DAILY", "errors", "code"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4),
    max_leaves=12,
)


@given(anything, st.sampled_from([302, 400, 401, 403, 404, 423, 429, 477, 500, 503, 530]))
def test_every_refusal_is_an_error_of_ours_without_the_body(content, status):
    error = refusal(Answer(status, {}, json.dumps(content).encode()), where="host", longest_wait_seconds=1)

    assert isinstance(error, CrmError)
    assert SECRET not in str(error)


@given(st.binary() | anything.map(lambda content: json.dumps(content).encode()))
def test_every_body_holds_records_or_is_refused(body):
    assert SECRET not in str(record_ids_or_refusal(body))


def record_ids_or_refusal(body):
    try:
        records = results(document(Answer(200, {}, body), where="host"), where="host")
        return [int(record_id(record, where="host")) for record in records]
    except CrmAnswerError as error:
        return error


@given(st.dictionaries(st.sampled_from(["Retry-After", "X-HubSpot-RateLimit-Remaining"]), st.text()))
def test_no_header_breaks_the_run(headers):
    wait = retry_after_seconds(headers)
    left = rate_limits(headers).remaining

    assert wait is None or wait >= 0
    assert left is None or left >= 0


def test_the_most_specific_code_comes_first():
    body = {"category": "VALIDATION_ERROR", "errors": [{"code": "INVALID_OPTION", "category": "PROPERTY"}]}

    assert error_codes(body) == ["INVALID_OPTION", "PROPERTY", "VALIDATION_ERROR"]
