"""`CrmConnector` for Salesforce: what the nightly job calls."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence

from connectors.base import (
    AccountRecord,
    CrmIdentity,
    CrmOptions,
    DealRecord,
    FieldSpec,
    FieldValue,
    RecordChange,
    WriteOutcome,
)
from connectors.errors import CrmAnswerError
from connectors.salesforce import pull
from connectors.salesforce.client import SalesforceClient
from connectors.salesforce.fields import CRM, Names, find_names
from connectors.salesforce.login import SalesforceLogin
from connectors.salesforce.soql import Row, quoted_id, rows_of, select
from connectors.salesforce.write import MOST_CHANGES, write
from connectors.transport import Patience


class SalesforceConnector:
    """One org through REST: SOQL pages to read, Collections to write.

    Args:
        login: credentials of the integration user.
        fields: the fields of ours that the profile uses.
        options: which of the customer's own fields are read.
        patience: deadlines and retries.
        api_version: REST API version, without a leading `v`; each is served for three years at least.
    """

    name = CRM
    batch_size = MOST_CHANGES

    def __init__(
        self,
        login: SalesforceLogin,
        *,
        fields: Sequence[FieldSpec],
        options: CrmOptions = CrmOptions(),  # noqa: B008 - frozen
        patience: Patience = Patience(),  # noqa: B008 - frozen
        api_version: str = "66.0",
    ) -> None:
        self._login = login
        self._fields = tuple(fields)
        self._options = options
        self._client = SalesforceClient(login, patience=patience, api_version=api_version)
        self._known_names: Names | None = None

    @property
    def api_usage(self) -> tuple[int, int] | None:
        """Return calls used and allowed in the org's rolling 24 hours, as the last answer told; None before it."""
        return self._client.api_usage

    def check(self) -> CrmIdentity:
        """Log in, tell who and where we are, and make sure of every field.

        Raises:
            CrmLoginError: the credentials are refused.
            CrmAccessError: fields are missing, hidden, read-only or of another form; all of them are named.
        """
        org = self._one_row(select(("Id", "Name"), of="Organization", where=""))
        user = self._user_name()
        self._known_names = find_names(self._client, fields=self._fields, options=self._options)
        return CrmIdentity(crm=CRM, org_id=pull.record_id(org), org_name=str(pull.cell(org, "Name")), user=user)

    def pull_accounts(self) -> Iterator[AccountRecord]:
        """Yield every account that the integration user can see, once, in the order of its id."""
        return pull.accounts(self._client, names=self._names(), fields=self._fields)

    def pull_merges(
        self,
        accounts: Sequence[AccountRecord],  # noqa: ARG002 - a loser names its master, not the other way round
        vanished: Collection[str] = (),  # noqa: ARG002 - one query tells of all
    ) -> Mapping[str, str]:
        """Return account that was merged away -> its master, as long as the recycle bin keeps it; one query."""
        return pull.merges(self._client)

    def pull_deals(self) -> Iterator[DealRecord]:
        """Yield every opportunity, once."""
        return pull.deals(self._client, names=self._names())

    def read_fields(self, account_ids: Sequence[str]) -> dict[str, Mapping[str, FieldValue]]:
        """Return the present values of our fields by account id; accounts that are gone are left out."""
        return pull.present_values(self._client, account_ids, names=self._names(), fields=self._fields)

    def write_changes(self, changes: Sequence[RecordChange]) -> list[WriteOutcome]:
        """Write up to 200 changes in one call; see `connectors.salesforce.write.write`."""
        return write(self._client, changes, names=self._names(), fields=self._fields)

    def record_url(self, account_id: str) -> str:
        """Return the account's page in Lightning."""
        return f"{self._login.url.rstrip('/')}/lightning/r/Account/{account_id}/view"

    def close(self) -> None:
        """Release the connections and forget the token."""
        self._client.close()

    def _names(self) -> Names:
        if self._known_names is None:
            self._known_names = find_names(self._client, fields=self._fields, options=self._options)
        return self._known_names

    def _one_row(self, query: str) -> Row:
        rows = list(rows_of(self._client, query))
        if len(rows) != 1:
            raise CrmAnswerError(f"expected one record, found {len(rows)}", where=self._client.host)
        return rows[0]

    def _user_name(self) -> str:
        """Return the name by which the integration user logs in; blank where Salesforce does not tell."""
        # REST API: "Resources by Version"; `identity` ends in organization id and user id.
        answer = self._client.read(lambda api: api.restful(""))
        identity = answer.get("identity") if isinstance(answer, dict) else None
        found = re.search(r"/id/\w{15,18}/(\w{15,18})/?$", str(identity), flags=re.ASCII)
        if found is None:
            return self._login.username
        row = self._one_row(select(("Username",), of="User", where=f"Id = {quoted_id(found.group(1))}"))
        return str(pull.cell(row, "Username"))
