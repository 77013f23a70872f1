"""The HubSpot sandbox against the facts of the vendor's documents, over plain HTTP and the real client."""

from __future__ import annotations

import logging

import pytest
from hubspot import HubSpot
from hubspot.crm.companies import ApiException, BatchReadInputSimplePublicObjectId

_COMPANIES = "/crm/v3/objects/companies"
_UPDATE = f"{_COMPANIES}/batch/update"


def change(company_id, **properties):
    return {"id": company_id, "properties": properties}


def update(api, *inputs):
    return api.post(_UPDATE, json={"inputs": list(inputs)})


@pytest.fixture
def client(sandbox):
    yield HubSpot(access_token=sandbox.hubspot_token, host=sandbox.url, retry=False)
    logging.getLogger("urllib3").setLevel(logging.NOTSET)  # the client sets it, for all tests that follow


def test_the_real_client_pulls_companies_and_deals(client, ids):
    page = client.crm.companies.basic_api.get_page(limit=2, properties=["name", "client_number", "profit_tier"])
    rest = client.crm.companies.basic_api.get_page(limit=100, after=page.paging.next.after)
    deals = client.crm.deals.basic_api.get_page(limit=100, associations=["companies"], properties=["amount"])

    assert [each.id for each in page.results + rest.results] == list(ids["hubspot"].values())
    assert rest.paging is None
    assert page.results[0].properties["client_number"] == "C-001"
    assert page.results[0].properties["profit_tier"] is None
    # The primary company of a deal is listed twice.
    assert [each.id for each in deals.results[0].associations["companies"].results] == [ids["hubspot"]["C-001"]] * 2
    assert deals.results[4].associations is None


def test_the_real_client_reads_a_batch_and_its_207_does_not_raise(client, ids):
    inputs = [{"id": ids["hubspot"]["C-001"]}, {"id": "999"}]
    wanted = BatchReadInputSimplePublicObjectId(inputs=inputs, properties=["name"], properties_with_history=[])
    answer, status, _ = client.crm.companies.batch_api.read_with_http_info(wanted)

    assert (status, answer.num_errors) == (207, 1)
    assert [each.properties["name"] for each in answer.results] == ["Alder & Sons"]
    assert answer.errors[0].category == "OBJECT_NOT_FOUND"


def test_the_real_client_raises_for_a_refused_batch(client, ids):
    inputs = {"inputs": [change(ids["hubspot"]["C-001"], profit_tier="X")]}

    with pytest.raises(ApiException) as caught:
        client.crm.companies.batch_api.update(inputs)

    assert caught.value.status == 400
    assert "INVALID_OPTION" in caught.value.body


def test_the_real_client_reads_properties_and_pipelines(client, sandbox):
    sandbox.hide_field("hubspot", "profit_run")
    sandbox.make_read_only("hubspot", "profit_reason")
    properties = {each.name: each for each in client.crm.properties.core_api.get_all("companies").results}
    tier, review = properties["profit_tier"], properties["profit_review"]
    stages = {each.id: each for each in client.crm.pipelines.pipelines_api.get_all("deals").results[0].stages}

    assert "profit_run" not in properties
    assert [each.value for each in tier.options] == ["A", "B", "C", "D", "N"]
    assert (tier.type, tier.field_type, tier.group_name) == ("enumeration", "select", "whalecurve")
    assert (review.type, review.field_type) == ("bool", "booleancheckbox")
    assert properties["profit_reason"].modification_metadata.read_only_value
    assert not tier.modification_metadata.read_only_value
    assert stages["closedwon"].metadata == {"probability": "1.0", "isClosed": "true"}


@pytest.mark.parametrize("token", ["", "Bearer wrong", "Basic x"])
def test_a_wrong_token_gets_401(hubspot_api, token):
    answer = hubspot_api.get(_COMPANIES, headers={"Authorization": token})

    assert (answer.status_code, answer.json()["category"]) == (401, "INVALID_AUTHENTICATION")


def test_a_missing_scope_gets_403_and_is_named(sandbox, hubspot_api, ids):
    sandbox.hubspot_access.scopes.remove("crm.objects.companies.write")
    answer = update(hubspot_api, change(ids["hubspot"]["C-001"], profit_tier="A"))

    assert (answer.status_code, answer.json()["category"]) == (403, "MISSING_SCOPES")
    assert answer.json()["errors"][0]["context"] == {"requiredGranularScopes": ["crm.objects.companies.write"]}
    assert hubspot_api.get(_COMPANIES).status_code == 200


def test_the_burst_limit_refuses_without_retry_after(make_sandbox, open_hubspot):
    api = open_hubspot(make_sandbox(hubspot_burst_calls=1))
    first, second = api.get(_COMPANIES), api.get(_COMPANIES)

    assert first.headers["X-HubSpot-RateLimit-Remaining"] == "0"
    assert first.headers["X-HubSpot-RateLimit-Interval-Milliseconds"] == "10000"
    assert (second.status_code, second.json()["policyName"]) == (429, "TEN_SECONDLY_ROLLING")
    assert second.json()["errorType"] == "RATE_LIMIT"
    assert "Retry-After" not in second.headers


def test_the_allowance_of_the_day_ends_with_its_own_policy(make_sandbox, open_hubspot):
    api = open_hubspot(make_sandbox(hubspot_daily_calls=1))
    first, second = api.get(_COMPANIES), api.get(_COMPANIES)

    assert first.headers["X-HubSpot-RateLimit-Daily-Remaining"] == "0"
    assert (second.status_code, second.json()["policyName"]) == (429, "DAILY")


@pytest.mark.parametrize("query", ["limit=101", "limit=0", "limit=abc", "after=abc"])
def test_bad_paging_is_refused(hubspot_api, query):
    answer = hubspot_api.get(f"{_COMPANIES}?{query}")

    assert (answer.status_code, answer.json()["category"]) == (400, "VALIDATION_ERROR")


def test_names_of_properties_come_repeated_or_with_commas_and_unknown_ones_are_left_out(hubspot_api):
    repeated = hubspot_api.get(f"{_COMPANIES}?properties=name&properties=profit_tier&properties=nope").json()
    joined = hubspot_api.get(f"{_COMPANIES}?properties=name,profit_tier,nope").json()

    assert repeated == joined
    assert set(repeated["results"][0]["properties"]) == {
        "name",
        "profit_tier",
        "hs_object_id",
        "createdate",
        "hs_lastmodifieddate",
    }


@pytest.mark.parametrize("total", [100, 101, 201])
def test_pages_of_100_reach_every_company_once(make_sandbox, open_hubspot, total):
    box = make_sandbox()
    box.seed("hubspot", accounts=[{"name": f"Company {n}"} for n in range(total)])
    box.delete("hubspot", box.account_ids("hubspot")[50])
    api, seen, after = open_hubspot(box), [], {}
    while True:
        page = api.get(_COMPANIES, params={"limit": 100, **after}).json()
        seen += [each["id"] for each in page["results"]]
        if "paging" not in page:
            break
        after = {"after": page["paging"]["next"]["after"]}

    assert seen == box.account_ids("hubspot")


def test_a_batch_writes_and_answers_out_of_order(sandbox, hubspot_api, ids):
    first, second = ids["hubspot"]["C-001"], ids["hubspot"]["C-002"]
    answer = update(hubspot_api, change(first, profit_tier="A"), change(second, profit_tier="B"))

    assert (answer.status_code, answer.json()["status"]) == (200, "COMPLETE")
    assert [each["id"] for each in answer.json()["results"]] == [second, first]
    assert sandbox.record("hubspot", first).values["profit_tier"] == "A"


@pytest.mark.parametrize(
    ("properties", "code"),
    [
        ({"nope": "1"}, "PROPERTY_DOESNT_EXIST"),
        ({"profit_tier": "X"}, "INVALID_OPTION"),
        ({"profit_review": "yes"}, "INVALID_OPTION"),
        ({"profit_net_12m": "12,50"}, "INVALID_INTEGER"),
        ({"profit_net_12m": "NaN"}, "INVALID_INTEGER"),
        ({"profit_net_12m": "1e9"}, "INVALID_INTEGER"),
        ({"profit_tier_since": "2026-W44-6"}, "INVALID_DATE"),
        ({"profit_tier_since": "31.10.2026"}, "INVALID_DATE"),
        ({"profit_tier_since": "1793491200001"}, "INVALID_DATE"),
        ({"hs_object_id": "1"}, "READ_ONLY_VALUE"),
    ],
)
def test_one_bad_value_refuses_the_whole_batch_without_naming_the_record(sandbox, hubspot_api, ids, properties, code):
    good = ids["hubspot"]["C-001"]
    answer = update(hubspot_api, change(good, profit_tier="A"), change(ids["hubspot"]["C-002"], **properties))
    error = answer.json()["errors"][0]

    assert (answer.status_code, answer.json()["category"], error["code"]) == (400, "VALIDATION_ERROR", code)
    assert error["context"] == {"propertyName": list(properties)}
    assert ids["hubspot"]["C-002"] not in answer.text
    assert sandbox.history("hubspot", good) == []


@pytest.mark.parametrize("value", [None, 5, True])
def test_values_that_are_not_text_are_refused(hubspot_api, ids, value):
    answer = update(hubspot_api, change(ids["hubspot"]["C-001"], profit_coverage=value))

    assert (answer.status_code, answer.json()["category"]) == (400, "VALIDATION_ERROR")


@pytest.mark.parametrize(
    ("name", "sent", "stored"),
    [
        ("profit_net_12m", "12.50", "12.5"),
        ("profit_net_12m", "-0.00", "0"),
        ("profit_coverage", "100", "100"),
        ("profit_tier_since", "2026-10-31", "2026-10-31"),
        ("profit_tier_since", "1793404800000", "2026-10-31"),
        ("profit_review", "true", "true"),
        ("profit_tier", "", None),
    ],
)
def test_values_come_back_as_text_or_null(hubspot_api, ids, name, sent, stored):
    company = ids["hubspot"]["C-001"]
    update(hubspot_api, change(company, **{name: sent})).raise_for_status()

    assert hubspot_api.get(f"{_COMPANIES}/{company}?properties={name}").json()["properties"][name] == stored


def test_ids_that_are_gone_give_a_207_that_does_not_name_them(sandbox, hubspot_api, ids):
    good, gone = ids["hubspot"]["C-001"], ids["hubspot"]["C-002"]
    sandbox.delete("hubspot", gone)
    answer = update(hubspot_api, change(gone, profit_tier="B"), change(good, profit_tier="A"))
    body = answer.json()

    assert answer.status_code == 207
    assert [each["id"] for each in body["results"]] == [good]
    assert body["errors"][0]["category"] == "OBJECT_NOT_FOUND"
    assert body["errors"][0]["context"] == {"ids": [""]}
    assert "links" not in body


def test_duplicates_and_more_than_100_inputs_are_refused(hubspot_api, ids):
    company = ids["hubspot"]["C-001"]
    twice = update(hubspot_api, change(company, profit_tier="A"), change(company, profit_tier="B"))
    many = update(hubspot_api, *(change(str(n), profit_tier="A") for n in range(101)))

    assert (twice.status_code, twice.json()["context"]) == (400, {"ids": [company]})
    assert many.status_code == 400
    assert update(hubspot_api, *(change(str(n), profit_tier="A") for n in range(100))).status_code == 207


def test_id_property_in_a_batch_update_is_refused(hubspot_api, ids):
    entry = {**change(ids["hubspot"]["C-001"], profit_tier="A"), "idProperty": "hs_object_id"}

    assert update(hubspot_api, entry).status_code == 400


def test_merged_ids_lead_to_the_new_record_one_by_one_but_not_in_a_batch(sandbox, hubspot_api, ids):
    kept, lost = ids["hubspot"]["C-001"], ids["hubspot"]["C-002"]
    new = sandbox.merge("hubspot", kept, lost)
    read = hubspot_api.get(f"{_COMPANIES}/{lost}?properties=hs_merged_object_ids,name").json()
    single = hubspot_api.patch(f"{_COMPANIES}/{kept}", json={"properties": {"profit_tier": "A"}}).json()
    deals = hubspot_api.get("/crm/v3/objects/deals?properties=hs_primary_associated_company").json()["results"]

    assert (read["id"], single["id"]) == (new, new)
    assert new not in {kept, lost}
    assert read["properties"]["hs_merged_object_ids"] == f"{kept};{lost}"
    assert read["properties"]["name"] == "Alder & Sons"
    assert update(hubspot_api, change(kept, profit_tier="B")).status_code == 207
    assert {each["id"] for each in hubspot_api.get(f"{_COMPANIES}?limit=100").json()["results"]}.isdisjoint(
        {kept, lost}
    )
    assert [each["properties"]["hs_primary_associated_company"] for each in deals[:3]] == [new] * 3


def test_archived_companies_are_listed_only_on_request(sandbox, hubspot_api, ids):
    gone = ids["hubspot"]["C-003"]
    sandbox.delete("hubspot", gone)
    archived = hubspot_api.get(f"{_COMPANIES}?archived=true").json()["results"]

    assert [each["id"] for each in archived] == [gone]
    assert archived[0]["archived"]
    assert "archivedAt" in archived[0]
    assert hubspot_api.get(f"{_COMPANIES}/{gone}").status_code == 404


def test_a_write_moves_the_stamp(hubspot_api, ids):
    company = ids["hubspot"]["C-001"]
    before = hubspot_api.get(f"{_COMPANIES}/{company}").json()["properties"]["hs_lastmodifieddate"]
    update(hubspot_api, change(company, profit_tier="A"))

    assert hubspot_api.get(f"{_COMPANIES}/{company}").json()["properties"]["hs_lastmodifieddate"] > before


def test_deals_are_text_with_calculated_stage_fields(hubspot_api):
    names = "amount,closedate,hs_is_closed,hs_is_closed_won,hs_deal_stage_probability,deal_currency_code"
    rows = hubspot_api.get(f"/crm/v3/objects/deals?properties={names}").json()["results"]
    won, open_deal = rows[0]["properties"], rows[3]["properties"]

    assert (won["amount"], won["closedate"][:10], won["hs_is_closed_won"]) == ("12000.50", "2021-02-20", "true")
    assert (open_deal["hs_is_closed"], open_deal["hs_deal_stage_probability"]) == ("false", "0.4")
    # An account with one currency has no such property.
    assert "deal_currency_code" not in won


def test_dated_paths_answer_like_v3(hubspot_api, ids):
    company = ids["hubspot"]["C-001"]
    old = hubspot_api.get(f"{_COMPANIES}/{company}").json()
    body = {"inputs": [{"id": company}]}

    assert hubspot_api.get(f"/crm/objects/2026-09/companies/{company}").json() == old
    assert hubspot_api.get(f"/crm/objects/2026-09/0-2/{company}").json() == old
    assert hubspot_api.post("/crm/objects/2026-09/companies/batch/read", json=body).json()["results"] == [old]
    assert hubspot_api.get("/crm/properties/2026-09/companies/profit_tier").status_code == 200


def test_what_does_not_exist_is_404_with_a_category(hubspot_api):
    for path in (f"{_COMPANIES}/1", "/crm/v3/objects/nope", "/crm/v3/properties/companies/nope"):
        answer = hubspot_api.get(path)

        assert (answer.status_code, answer.json()["category"]) == (404, "OBJECT_NOT_FOUND")


@pytest.mark.parametrize("body", ["{", "[]", "{}", '{"inputs": [1]}', '{"inputs": [{"id": "1"}]}'])
def test_a_broken_body_is_refused(hubspot_api, body):
    answer = hubspot_api.post(_UPDATE, data=body)

    assert (answer.status_code, answer.json()["category"]) == (400, "VALIDATION_ERROR")


def test_the_account_tells_its_portal_and_groups(hubspot_api):
    details = hubspot_api.get("/account-info/v3/details").json()
    groups = hubspot_api.get("/crm/v3/properties/companies/groups").json()["results"]

    assert isinstance(details["portalId"], int)
    assert details["companyCurrency"] == "EUR"
    assert [each["name"] for each in groups] == ["companyinformation", "whalecurve"]
