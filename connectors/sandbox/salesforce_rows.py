"""Records over the Salesforce REST API: describe, read, write, singly and in collections."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from connectors.sandbox.ids import parse_salesforce_id
from connectors.sandbox.salesforce_values import (
    SalesforceError,
    check_values,
    describe_field,
    no_such_column,
    row_of,
    shown,
)
from connectors.sandbox.schema import Schema
from connectors.sandbox.store import Record, Records

INTEGRATION_USER = "Integration user"
LARGEST_COLLECTION = 200
LARGEST_RETRIEVE = 2000


class SalesforceRows:
    """The endpoints that deal with single records and collections of them."""

    def __init__(self, records: Records, schema: Schema) -> None:
        self._records, self._schema = records, schema

    async def describe(self, request: Request) -> Response:
        """Answer `GET sobjects/X/describe`."""
        # REST API "sObject Describe".
        object_name = self._object(request)
        fields = [describe_field(self._schema, each) for each in self._schema.fields(object_name).values()]
        can_update = object_name == "Account"
        return JSONResponse({"name": object_name, "queryable": True, "updateable": can_update, "fields": fields})

    async def read(self, request: Request) -> Response:
        """Answer `GET sobjects/X/id`."""
        # REST API "sObject Rows".
        object_name = self._object(request)
        record = self._living(object_name, request.path_params["id"])
        asked = request.query_params.get("fields")
        names = asked.split(",") if asked else list(self._schema.fields(object_name))
        return JSONResponse(self._row(object_name, record, names, request.path_params["version"]))

    async def update(self, request: Request) -> Response:
        """Answer `PATCH sobjects/X/id`: 204, or 412 when the record is newer than the caller thinks."""
        # REST API "sObject Rows", PATCH; "Conditional Requests": 412 when the record is newer.
        object_name = self._object(request)
        values = await _json(request)
        record = self._living(object_name, request.path_params["id"])
        since = request.headers.get("if-unmodified-since")
        if since and _is_newer(record, since):
            raise SalesforceError("PRECONDITION_FAILED", "The record has been modified since.", status=412)
        checked = check_values(self._schema, object_name, values)
        self._records.update(object_name, record.id, checked, by=INTEGRATION_USER)
        return Response(status_code=204)

    async def update_collection(self, request: Request) -> Response:
        """Answer `PATCH composite/sobjects`: HTTP 200 with failures inside, in the order of the request."""
        # REST API "sObject Collections", update: 200 records, results in request order, HTTP 200 with failures inside.
        body = await _json(request)
        entries = body.get("records")
        if not isinstance(entries, list) or not entries:
            raise SalesforceError("REQUIRED_FIELD_MISSING", "Missing required field: records")
        if not all(isinstance(each, dict) and isinstance(each.get("attributes"), dict) for each in entries):
            raise SalesforceError("INVALID_INPUT", "Every record must state its type in attributes")
        if len(entries) > LARGEST_COLLECTION:
            raise SalesforceError(
                "EXCEEDED_ID_LIMIT", "record limit reached. cannot submit more than 200 records in this call"
            )
        checked = [self._checked(entry) for entry in entries]
        if body.get("allOrNone") and any(isinstance(each, SalesforceError) for each in checked):
            checked = [each if isinstance(each, SalesforceError) else _rolled_back() for each in checked]
        return JSONResponse([self._written(each) for each in checked])

    def _checked(self, entry: Mapping[str, Any]) -> tuple[str, str, dict[str, Any]] | SalesforceError:
        """Return object, id and values of one entry of a collection, or why it is refused."""
        values = {name: value for name, value in entry.items() if name.lower() not in {"id", "attributes"}}
        object_name = str(entry["attributes"].get("type"))
        given = next((value for name, value in entry.items() if name.lower() == "id"), None)
        try:
            record_id = self._writable_id(object_name, given)
            return object_name, record_id, check_values(self._schema, object_name, values)
        except SalesforceError as refusal:
            return refusal

    def _writable_id(self, object_name: str, given: object) -> str:
        if object_name not in self._schema.objects:
            raise SalesforceError("INVALID_TYPE", f"sObject type '{object_name}' is not supported.")
        record_id = parse_salesforce_id(given)
        if record_id is None:
            raise SalesforceError(
                "MALFORMED_ID", f"{object_name} ID: id value of incorrect type: {given}", fields=("Id",)
            )
        record = self._records.find(object_name, record_id)
        if record is None:
            raise SalesforceError("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")
        if record.is_deleted:
            raise SalesforceError("ENTITY_IS_DELETED", "entity is deleted")
        return record_id

    def _written(self, checked: tuple[str, str, dict[str, Any]] | SalesforceError) -> dict[str, Any]:
        if isinstance(checked, SalesforceError):
            return {"success": False, "errors": [checked.as_record_error()]}
        object_name, record_id, values = checked
        self._records.update(object_name, record_id, values, by=INTEGRATION_USER)
        return {"id": record_id, "success": True, "errors": []}

    async def retrieve_collection(self, request: Request) -> Response:
        """Answer `GET` or `POST composite/sobjects/X`: null where there is no record."""
        # REST API "sObject Collections", retrieve: null where there is no record; up to 2,000 ids by POST.
        object_name, params = self._object(request), request.query_params
        body = await _json(request) if request.method == "POST" else {}
        ids = body.get("ids") or params.get("ids", "").split(",")
        names = body.get("fields") or params.get("fields", "").split(",")
        if not isinstance(ids, list) or not isinstance(names, list):
            raise SalesforceError("JSON_PARSER_ERROR", "ids and fields must be lists")
        if len(ids) > LARGEST_RETRIEVE:
            raise SalesforceError("EXCEEDED_ID_LIMIT", f"The request cannot have more than {LARGEST_RETRIEVE} ids")
        self._check_names(object_name, names)
        records = [self._records.find(object_name, parse_salesforce_id(each) or "") for each in ids]
        version = request.path_params["version"]
        return JSONResponse(
            [self._row(object_name, each, names, version) if each and not each.is_deleted else None for each in records]
        )

    def _row(self, object_name: str, record: Record, names: list[str], version: str) -> dict[str, Any]:
        self._check_names(object_name, names)
        fields, row = self._schema.fields(object_name), row_of(record)
        url = f"/services/data/v{version}/sobjects/{object_name}/{record.id}"
        return {
            "attributes": {"type": object_name, "url": url},
            **{name: shown(fields[name], row) for name in ("Id", *names)},
        }

    def _check_names(self, object_name: str, names: list[Any]) -> None:
        for name in names:
            if not isinstance(name, str) or name not in self._schema.fields(object_name):
                raise no_such_column(str(name), object_name)

    def _object(self, request: Request) -> str:
        name = str(request.path_params["object"])
        if name not in self._schema.objects:
            raise not_found()
        return name

    def _living(self, object_name: str, given: str) -> Record:
        record = self._records.find(object_name, parse_salesforce_id(given) or "")
        if record is None:
            raise not_found()
        if record.is_deleted:
            raise SalesforceError("ENTITY_IS_DELETED", "entity is deleted", status=404)
        return record


def not_found() -> SalesforceError:
    """Return the refusal of a path or record that does not exist."""
    return SalesforceError("NOT_FOUND", "The requested resource does not exist", status=404)


def _rolled_back() -> SalesforceError:
    return SalesforceError(
        "ALL_OR_NONE_OPERATION_ROLLED_BACK",
        "Record rolled back because not all records were valid and the request was using AllOrNone header",
    )


def _is_newer(record: Record, since: str) -> bool:
    """Tell whether a record changed after an HTTP date; a date that cannot be read is ignored, as HTTP says."""
    try:
        limit = parsedate_to_datetime(since).astimezone(UTC)
    except ValueError:
        return False
    modified = datetime.fromisoformat(record.modified_at).replace(microsecond=0)
    return modified > limit


async def _json(request: Request) -> dict[str, Any]:
    try:
        body = json.loads(await request.body())
    except ValueError as error:
        raise SalesforceError("JSON_PARSER_ERROR", "The request body is not valid JSON") from error
    if not isinstance(body, dict):
        raise SalesforceError("JSON_PARSER_ERROR", "Cannot deserialize request body")
    return body
