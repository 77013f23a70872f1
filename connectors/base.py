"""What every CRM connector does. A new CRM is one folder that implements `CrmConnector`.

Terms: an *account* is the CRM's customer record, a *deal* its opportunity. A *field key* is our own
name of a CRM field (`tier`, `reason`, ...) as `config/fields.toml` defines it; the CRM's own field names
never leave the connector's folder. A *field value* is typed: text, Decimal, date, bool, or None for blank;
where a CRM knows no blank checkbox, clearing one makes it False.

Order of a run: `check` (login, fields) -> `pull_accounts`, `pull_merges`, `pull_deals` -> per batch `read_fields`,
`write_changes`.

Promises that every connector keeps, and `tests/contract/` proves for each:
- no call without a timeout; reads are retried a bounded number of times, writes never;
- an answer that is cut short, is not JSON or lacks its results is read again as any passing fault is; if it stays so,
  it raises, and is never taken for "no more records";
- `write_changes` returns exactly one outcome per change, matched by record id, whatever order the CRM answers in;
- a write whose fate is unknown (timeout, broken answer) is reported as `unknown`, never as written or rejected;
- no secret, record name or response body in a log line or an error message.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Literal, Protocol, TypeAlias

FieldValue: TypeAlias = str | Decimal | date | bool | None


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """One CRM field that we own or read, from `config/fields.toml`.

    Attributes:
        key: our name.
        label: what people see. help: the text shown beside it.
        type: text | long_text | picklist | date | number | currency | percent | checkbox.
        owner: `product` (we write it) or `people` (we only ever read it).
        profile: `tier` or `money`; money fields are used only with `crm.profile = "tier-and-money"`.
        names: CRM name -> the field's API name there.
        values: picklist: stored value -> label.
        scale: digits after the point of a number, currency or percent.
        length: most characters of a text.
    """

    key: str
    label: str
    help: str
    type: Literal["text", "long_text", "picklist", "date", "number", "currency", "percent", "checkbox"]
    owner: Literal["product", "people"]
    profile: Literal["tier", "money"]
    names: Mapping[str, str]
    values: Mapping[str, str] = field(default_factory=dict)
    scale: int = 0
    length: int = 255


@dataclass(frozen=True, slots=True)
class CrmIdentity:
    """Who we are logged in as, and where: state is bound to `org_id`."""

    crm: str
    org_id: str
    org_name: str
    user: str


@dataclass(frozen=True, slots=True)
class AccountRecord:
    """One account as the CRM holds it now.

    Attributes:
        external_key: customer number of the books, from the CRM field that `crm.account_key` names; None if blank.
        started_on: when the relationship began, from the CRM field that `crm.started_on` names; None if blank.
        values: every field key asked for, blank as None.
        owner_id: the CRM user who answers for the account; None if nobody does.
        company_number: VAT or trade register number as written, from the CRM field that `crm.company_number` names.
        website: address as written, from the CRM field that `crm.website` names; both None if blank.
        merged_ids: accounts that were merged into this one, where the CRM tells them with the account.
    """

    account_id: str
    name: str
    external_key: str | None
    parent_id: str | None
    started_on: date | None
    values: Mapping[str, FieldValue]
    owner_id: str | None = None
    company_number: str | None = None
    website: str | None = None
    merged_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DealRecord:
    """One deal.

    Attributes:
        amount: in `currency` (None: the org's own).
        probability: 0-1.
        hours: work sold, from the CRM field that `crm.deal_hours` names; None if blank.
        starts_on: when the work begins, from the CRM field that `crm.deal_starts_on` names; None if blank.
    """

    deal_id: str
    account_id: str | None
    amount: Decimal | None
    currency: str | None
    close_date: date | None
    is_won: bool
    is_closed: bool
    probability: Decimal | None
    hours: Decimal | None = None
    starts_on: date | None = None


@dataclass(frozen=True, slots=True)
class RecordChange:
    """New values for some fields of one account; None clears a field."""

    account_id: str
    values: Mapping[str, FieldValue]


class WriteStatus(StrEnum):
    """What became of one change."""

    WRITTEN = "written"
    REJECTED = "rejected"
    GONE = "gone"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class WriteOutcome:
    """The fate of one `RecordChange`: `error_code` and `message` are the CRM's, empty when written."""

    account_id: str
    status: WriteStatus
    error_code: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class CrmOptions:
    """Which of the customer's own CRM fields we read, by their API name there.

    Attributes:
        account_key: field with the customer number of the books (Salesforce: `AccountNumber`); None: not used.
        started_on: date field with the start of the relationship; None: not used.
        deal_hours: number field of a deal with the hours of work sold; None: not used.
        deal_starts_on: date field of a deal with the day on which the work begins; None: not used.
        company_number: field with the VAT or trade register number of the account; None: not used.
        website: field with its web address (Salesforce: `Website`, HubSpot: `domain`); None: not used.
    """

    account_key: str | None = None
    started_on: str | None = None
    deal_hours: str | None = None
    deal_starts_on: str | None = None
    company_number: str | None = None
    website: str | None = None

    @property
    def of_accounts(self) -> tuple[str, ...]:
        """Return the fields of accounts that are named here."""
        return tuple(name for name in (self.account_key, self.started_on, self.company_number, self.website) if name)


class CrmConnector(Protocol):
    """A CRM, as the nightly job sees it. Every method may raise the errors of `connectors.errors`."""

    name: str
    batch_size: int
    """Most changes that one call of `write_changes` takes."""

    @property
    def api_usage(self) -> tuple[int, int] | None:
        """Calls used and allowed in the CRM's day, all its programs together, as the last answer told; else None."""
        ...

    def check(self) -> CrmIdentity:
        """Log in, and make sure that every field can be read and every field of ours be written.

        Raises:
            CrmLoginError: the credentials are refused.
            CrmAccessError: fields are missing, hidden, read-only or of another type; all of them are named.
        """
        ...

    def pull_accounts(self) -> Iterator[AccountRecord]:
        """Yield every account that the integration user can see, once, in the order of its id."""
        ...

    def pull_merges(self, accounts: Sequence[AccountRecord], vanished: Collection[str] = ()) -> Mapping[str, str]:
        """Return account that was merged away -> the one that took it over, as far as the CRM still tells.

        One step each; who took it over may be merged away or gone itself (`connectors.merges` follows the steps).

        Args:
            accounts: as just pulled. Asked after them, no account can be missing there whose merge is not told here.
            vanished: ids that were there the last time and are not now.
        """
        ...

    def pull_deals(self) -> Iterator[DealRecord]:
        """Yield every deal, once."""
        ...

    def read_fields(self, account_ids: Sequence[str]) -> dict[str, Mapping[str, FieldValue]]:
        """Return the present values of all our fields by account id; accounts that are gone are left out."""
        ...

    def write_changes(self, changes: Sequence[RecordChange]) -> list[WriteOutcome]:
        """Write up to `batch_size` changes in one call and return one outcome per change, in order of `changes`.

        Raises:
            ValueError: changes that must not be sent: too many, an account twice, a field that is not ours, a value of
                another type. Nothing was sent.
        """
        ...

    def record_url(self, account_id: str) -> str:
        """Return the page on which a person sees this account."""
        ...

    def close(self) -> None:
        """Release the connections."""
        ...
