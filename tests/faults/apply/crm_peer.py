"""A CRM of the tests: keeps records in a file, can be told to misbehave, and remembers who changed what."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from connectors.base import (
    AccountRecord,
    CrmIdentity,
    DealRecord,
    FieldValue,
    RecordChange,
    WriteOutcome,
    WriteStatus,
)
from connectors.errors import CrmUnavailableError
from sync.values import decoded, encoded


def undisturbed(_step: str) -> None:
    """Let every step happen."""


@dataclass
class Faults:
    """What the peer does wrong, by account id or for the next call."""

    rejected: set[str] = field(default_factory=set)
    ignored: set[str] = field(default_factory=set)
    forgotten: set[str] = field(default_factory=set)  # written, but not in the answer
    lost_before: int = 0  # calls from now on that never arrive
    lost_after: int = 0  # calls from now on whose answer is lost
    raises: bool = False  # a lost call raises instead of reporting unknown
    reads_left: int | None = None  # reads until the peer is down for reading


class CrmPeer:
    """A `CrmConnector` over one JSON file; `at` is called with the name of each step, before it."""

    name = "peer"

    def __init__(self, path: Path, *, batch_size: int = 2, at: Callable[[str], None] = undisturbed) -> None:
        self.path = path
        self.batch_size = batch_size
        self.at = at
        self.faults = Faults()
        if not path.exists():
            self._save({"records": {}, "history": []})

    def check(self) -> CrmIdentity:
        return CrmIdentity("peer", "org-1", "Peer", "tester")

    def pull_accounts(self) -> Iterator[AccountRecord]:
        for account_id, values in sorted(self.records.items()):
            yield AccountRecord(account_id, f"Name of {account_id}", None, None, None, values)

    def pull_merges(self, *_: object) -> Mapping[str, str]:
        return {}

    def pull_deals(self) -> Iterator[DealRecord]:
        return iter(())

    def read_fields(self, account_ids: Sequence[str]) -> dict[str, Mapping[str, FieldValue]]:
        self.at("read")
        if self.faults.reads_left is not None:
            if self.faults.reads_left == 0:
                raise CrmUnavailableError("no answer", where="peer", remedy="wait")
            self.faults.reads_left -= 1
        records = self.records
        return {account_id: records[account_id] for account_id in account_ids if account_id in records}

    def write_changes(self, changes: Sequence[RecordChange]) -> list[WriteOutcome]:
        assert len(changes) <= self.batch_size
        self.at("write")
        if self.faults.lost_before:
            self.faults.lost_before -= 1
            return self._no_answer(changes)
        outcomes = [self._write(change) for change in changes]
        self.at("answer")
        if self.faults.lost_after:
            self.faults.lost_after -= 1
            return self._no_answer(changes)
        answered = [outcome for outcome in outcomes if outcome.account_id not in self.faults.forgotten]
        return answered[::-1]  # results are matched by id, not by position

    def record_url(self, account_id: str) -> str:
        return f"peer:{account_id}"

    def close(self) -> None:
        pass

    @property
    def records(self) -> dict[str, dict[str, FieldValue]]:
        return {
            account_id: {key: decoded(value) for key, value in values.items()}
            for account_id, values in self._load()["records"].items()
        }

    @property
    def history(self) -> list[tuple[str, str, str, FieldValue, FieldValue]]:
        """Every change: who, account, field, old, new."""
        return [
            (who, account, key, decoded(old), decoded(new)) for who, account, key, old, new in self._load()["history"]
        ]

    def writes(self) -> list[tuple[str, str, FieldValue]]:
        """What came in through the connector: account, field, new value."""
        return [(account, key, new) for who, account, key, _old, new in self.history if who == "product"]

    def put(self, account_id: str, values: Mapping[str, FieldValue], *, who: str = "human") -> None:
        """Change or make a record as somebody."""
        document = self._load()
        record = document["records"].setdefault(account_id, {})
        for key, value in values.items():
            document["history"].append([who, account_id, key, record.get(key), encoded(value)])
            record[key] = encoded(value)
        self._save(document)

    def delete(self, account_id: str) -> None:
        document = self._load()
        document["records"].pop(account_id, None)
        self._save(document)

    def _write(self, change: RecordChange) -> WriteOutcome:
        if change.account_id not in self.records:
            return WriteOutcome(change.account_id, WriteStatus.GONE, "ENTITY_IS_DELETED", "gone")
        if change.account_id in self.faults.rejected:
            return WriteOutcome(change.account_id, WriteStatus.REJECTED, "VALIDATION", "a rule says no")
        if change.account_id not in self.faults.ignored:
            self.put(change.account_id, change.values, who="product")
        return WriteOutcome(change.account_id, WriteStatus.WRITTEN)

    def _no_answer(self, changes: Sequence[RecordChange]) -> list[WriteOutcome]:
        if self.faults.raises:
            raise CrmUnavailableError("no answer", where="peer", remedy="wait")
        return [WriteOutcome(change.account_id, WriteStatus.UNKNOWN) for change in changes]

    def _load(self) -> dict:
        return json.loads(self.path.read_text(encoding="utf-8"))

    def _save(self, document: dict) -> None:
        draft = self.path.with_suffix(".new")
        draft.write_text(json.dumps(document), encoding="utf-8")
        draft.replace(self.path)
