"""The REST API of the HubSpot sandbox: the slice that a nightly sync uses, on v3 and on dated paths."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeAlias

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from connectors.sandbox.hubspot_access import HubSpotAccess, object_of
from connectors.sandbox.hubspot_values import SINGULAR, HubSpotError, check_all, describe_property, shown
from connectors.sandbox.schema import Schema
from connectors.sandbox.store import Record, Records

Endpoint: TypeAlias = Callable[[Request], Awaitable[Response]]

INTEGRATION_USER = "Integration user"
LARGEST_PAGE = 100
LARGEST_BATCH = 100
_DATED = "2026-09"
_USUAL: Mapping[str, tuple[str, ...]] = {
    "companies": ("name", "domain"),
    "deals": ("dealname", "amount", "closedate", "dealstage", "pipeline"),
}
_STAGES = (
    ("presentationscheduled", "Presentation scheduled", "0.5", "false"),
    ("closedwon", "Closed won", "1.0", "true"),
    ("closedlost", "Closed lost", "0.0", "true"),
)


class HubSpotApi:
    """Answers requests from the store."""

    def __init__(self, records: Records, schema: Schema, access: HubSpotAccess, *, portal_id: int) -> None:
        self._records, self._schema, self._access, self._portal_id = records, schema, access, portal_id

    def routes(self) -> list[Route]:
        """Return the paths that exist, each on v3 and under the dated version."""
        objects = ("/crm/v3/objects/{object}", f"/crm/objects/{_DATED}/{{object}}")
        properties = ("/crm/v3/properties/{object}", f"/crm/properties/{_DATED}/{{object}}")
        pipelines = ("/crm/v3/pipelines/deals", f"/crm/pipelines/{_DATED}/deals")
        account = ("/account-info/v3/details", f"/account-info/{_DATED}/details")
        table: list[tuple[str, Sequence[str], str, str, Endpoint]] = [
            ("GET", objects, "", "crm.objects.{}.read", self._list),
            ("POST", objects, "/batch/read", "crm.objects.{}.read", self._batch_read),
            ("POST", objects, "/batch/update", "crm.objects.{}.write", self._batch_update),
            ("GET", objects, "/{id}", "crm.objects.{}.read", self._read),
            ("PATCH", objects, "/{id}", "crm.objects.{}.write", self._update),
            ("GET", properties, "", "crm.objects.{}.read", self._list_properties),
            ("GET", properties, "/groups", "crm.objects.{}.read", self._list_groups),
            ("GET", properties, "/{name}", "crm.objects.{}.read", self._read_property),
            ("GET", pipelines, "", "crm.objects.deals.read", self._list_pipelines),
            ("GET", account, "", "", self._account_details),
        ]
        return [
            Route(base + tail, self._access.guarded(endpoint, scope), methods=[method])
            for method, bases, tail, scope, endpoint in table
            for base in bases
        ]

    async def _list(self, request: Request) -> Response:
        # CRM objects, "List": at most 100 a page, in the order of ids.
        object_name, params = object_of(request), request.query_params
        limit, after = _page_of(request)
        wants_archived = params.get("archived") == "true"
        page = self._page(object_name, after, limit + 1, wants_archived=wants_archived)
        names = self._asked(object_name, params.getlist("properties"))
        with_companies = object_name == "deals" and "companies" in ",".join(params.getlist("associations"))
        body: dict[str, Any] = {
            "results": [self._shown(object_name, each, names, with_companies=with_companies) for each in page[:limit]]
        }
        if len(page) > limit:
            last = page[limit - 1].id
            body["paging"] = {"next": {"after": last, "link": f"{request.url.include_query_params(after=last)}"}}
        return JSONResponse(body)

    def _page(self, object_name: str, after: str, most: int, *, wants_archived: bool) -> list[Record]:
        found: list[Record] = []
        while len(found) < most:
            chunk = list(self._records.scan(object_name, after=after, most=most))
            found += [each for each in chunk if each.is_deleted == wants_archived and not each.merged_into]
            if len(chunk) < most:
                break
            after = chunk[-1].id
        return found[:most]

    def _shown(
        self, object_name: str, record: Record, names: Sequence[str], *, with_companies: bool = False
    ) -> dict[str, Any]:
        answer = shown(self._schema, object_name, record, names)
        company = record.values.get("hs_primary_associated_company")
        if with_companies and company:
            # The primary company is listed twice: as primary, and without a label.
            kinds = ("deal_to_company", "deal_to_company_unlabeled")
            answer["associations"] = {"companies": {"results": [{"id": company, "type": kind} for kind in kinds]}}
        return answer

    async def _read(self, request: Request) -> Response:
        # CRM objects, "Read": the id of a record that was merged away leads to the one that took it over.
        object_name = object_of(request)
        record = self._resolved(object_name, request.path_params["id"])
        names = self._asked(object_name, request.query_params.getlist("properties"))
        return JSONResponse(self._shown(object_name, record, names))

    async def _update(self, request: Request) -> Response:
        # CRM objects, "Update": takes the ids of merged records too.
        object_name = object_of(request)
        properties = (await _json(request)).get("properties")
        record = self._resolved(object_name, request.path_params["id"])
        values = check_all(self._schema, object_name, [_properties(properties)])[0]
        self._records.update(object_name, record.id, values, by=INTEGRATION_USER)
        return JSONResponse(self._shown(object_name, self._resolved(object_name, record.id), tuple(values)))

    async def _batch_read(self, request: Request) -> Response:
        # CRM objects, "Batch read": 100 inputs.
        object_name = object_of(request)
        body = await _json(request)
        ids = [str(each.get("id")) for each in _inputs(body)]
        names = self._asked(object_name, _texts(body.get("properties") or []))
        found = [record for record in (self._records.find(object_name, each) for each in ids) if _is_there(record)]
        missing = sorted(set(ids) - {each.id for each in found if each})
        return _batch_answer(
            object_name, [self._shown(object_name, each, names) for each in found if each], missing, 200
        )

    async def _batch_update(self, request: Request) -> Response:
        # CRM objects, "Batch update": 100 inputs; one bad value refuses all; ids that are gone give a 207.
        object_name = object_of(request)
        inputs = _inputs(await _json(request))
        ids = [str(each.get("id")) for each in inputs]
        _refuse_duplicates(ids)
        if any("idProperty" in each for each in inputs):
            message = "Unable to use hs_object_id as idProperty: it is a non-unique property"
            raise HubSpotError(400, "VALIDATION_ERROR", message)
        values = check_all(self._schema, object_name, [_properties(each.get("properties")) for each in inputs])
        there = [each for each in zip(ids, values, strict=True) if _is_there(self._records.find(object_name, each[0]))]
        for record_id, changes in there:
            self._records.update(object_name, record_id, changes, by=INTEGRATION_USER)
        results = [
            self._shown(object_name, self._resolved(object_name, record_id), tuple(changes))
            for record_id, changes in there
        ]
        return _batch_answer(object_name, results, [""] if len(there) < len(ids) else [], 200)

    async def _list_properties(self, request: Request) -> Response:
        # CRM "Properties", read all.
        fields = self._schema.fields(object_of(request)).values()
        return JSONResponse({"results": [describe_property(self._schema, each) for each in fields]})

    async def _read_property(self, request: Request) -> Response:
        each = self._schema.fields(object_of(request)).get(request.path_params["name"])
        if each is None:
            message = f'Property "{request.path_params["name"]}" does not exist'
            raise HubSpotError(404, "OBJECT_NOT_FOUND", message, subCategory="PropertyValidationError.NOT_FOUND")
        return JSONResponse(describe_property(self._schema, each))

    async def _list_groups(self, _request: Request) -> Response:
        # CRM "Properties", groups.
        groups = (("companyinformation", "Company information"), ("whalecurve", "Client profitability"))
        return JSONResponse(
            {
                "results": [
                    {"name": name, "label": label, "displayOrder": place, "archived": False}
                    for place, (name, label) in enumerate(groups)
                ]
            }
        )

    async def _list_pipelines(self, _request: Request) -> Response:
        # CRM "Pipelines": the metadata of a stage are texts.
        stages = [
            {"id": stage, "label": label, "archived": False, "metadata": {"probability": chance, "isClosed": closed}}
            for stage, label, chance, closed in _STAGES
        ]
        pipeline = {"id": "default", "label": "Sales pipeline", "displayOrder": 0, "archived": False, "stages": stages}
        return JSONResponse({"results": [pipeline]})

    async def _account_details(self, _request: Request) -> Response:
        # Account information API, "details".
        return JSONResponse(
            {
                "portalId": self._portal_id,
                "accountType": "STANDARD",
                "timeZone": "Europe/Berlin",
                "companyCurrency": "EUR",
                "additionalCurrencies": [],
                "utcOffset": "+01:00",
                "utcOffsetMilliseconds": 3_600_000,
                "uiDomain": "app.hubspot.com",
                "dataHostingLocation": "eu1",
            }
        )

    def _asked(self, object_name: str, given: Sequence[str]) -> list[str]:
        names = [name for part in given for name in part.split(",") if name]
        return names or list(_USUAL[object_name])

    def _resolved(self, object_name: str, record_id: str) -> Record:
        record = self._records.find(object_name, record_id)
        while record and record.merged_into:
            record = self._records.find(object_name, record.merged_into)
        if record is None or record.is_deleted:
            raise HubSpotError(404, "OBJECT_NOT_FOUND", "resource not found")
        return record


def _is_there(record: Record | None) -> bool:
    return record is not None and not record.is_deleted


def _page_of(request: Request) -> tuple[int, str]:
    limit, after = request.query_params.get("limit", "10"), request.query_params.get("after", "")
    if not limit.isdigit() or not 0 < int(limit) <= LARGEST_PAGE:
        raise HubSpotError(400, "VALIDATION_ERROR", f"Invalid input: limit is {limit}, expected 1 to {LARGEST_PAGE}")
    if after and not after.isdigit():
        raise HubSpotError(400, "VALIDATION_ERROR", "Invalid input: after is not a paging cursor")
    return int(limit), after


def _inputs(body: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    inputs = body.get("inputs")
    if not isinstance(inputs, list) or not all(isinstance(each, dict) for each in inputs):
        raise HubSpotError(400, "VALIDATION_ERROR", "Invalid input JSON: some required fields were not set: [inputs]")
    if len(inputs) > LARGEST_BATCH:
        message = f"The number of inputs is {len(inputs)}, more than the maximum of {LARGEST_BATCH}"
        raise HubSpotError(400, "VALIDATION_ERROR", message)
    return inputs


def _properties(given: object) -> dict[str, Any]:
    if not isinstance(given, dict):
        raise HubSpotError(
            400, "VALIDATION_ERROR", "Invalid input JSON: some required fields were not set: [properties]"
        )
    return given


def _texts(given: object) -> list[str]:
    if not isinstance(given, list) or not all(isinstance(each, str) for each in given):
        raise HubSpotError(400, "VALIDATION_ERROR", "Invalid input JSON: properties is not a list of names")
    return given


def _refuse_duplicates(ids: Sequence[str]) -> None:
    twice = sorted({each for each in ids if ids.count(each) > 1})
    if twice:
        message = f"Duplicate IDs found in batch input: [{', '.join(twice)}]. IDs must be unique"
        raise HubSpotError(400, "VALIDATION_ERROR", message, context={"ids": twice})


def _batch_answer(object_name: str, results: list[dict[str, Any]], missing: Sequence[str], status: int) -> Response:
    """Return the answer of a batch: results never in the order of the inputs, 207 where ids are gone."""
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    body: dict[str, Any] = {"status": "COMPLETE", "results": results[::-1], "startedAt": now, "completedAt": now}
    if not missing:
        return JSONResponse(body, status_code=status)
    noun = SINGULAR[object_name]
    error = {
        "status": "error",
        "category": "OBJECT_NOT_FOUND",
        "message": f"Could not get some {noun} objects, they may be deleted or not exist. Check that ids are valid.",
        "context": {"ids": list(missing)},
    }
    return JSONResponse({**body, "numErrors": 1, "errors": [error]}, status_code=207)


async def _json(request: Request) -> dict[str, Any]:
    try:
        body = json.loads(await request.body())
    except ValueError as error:
        raise HubSpotError(400, "VALIDATION_ERROR", "Invalid input JSON: unable to parse value from line 1") from error
    return _properties(body)
