"""The customers of the books that wait for a person: who they are, and which accounts they may be.

Reads what the last run left in the ledger; no CRM is asked. A proposal is a name that is nearly the same: it is shown,
and never counts before a person confirms it.
"""

from __future__ import annotations

import glob
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from connectors.exports.frames import open_database
from connectors.facts.build import ACCOUNTS_FILE, UNMATCHED_FILE
from connectors.identity import MatchDecisions, UnmatchedParty, handle_of
from connectors.merges import NO_MERGES, Merges
from connectors.names import plain_name
from sync.errors import ConfigError
from sync.evidence import EvidenceError

PROPOSALS_SHOWN = 3
LEAST_SCORE = 95
"""Of 100: likeness of two names, their words sorted, below which none is proposed."""

_NAMES_TOLD = 5
_HANDLE_KINDS = ("number", "name")


@dataclass(frozen=True, slots=True)
class Proposal:
    """An account whose name is nearly that of a customer; `score` of 100."""

    account_id: str
    name: str
    score: int


@dataclass(frozen=True)  # no slots: a cached property needs a place
class Waiting:
    """What the last run left unmatched, and the accounts of the CRM as it saw them.

    Attributes:
        parties: most valuable first.
        accounts: account id -> name.
        merges: which accounts took over which.
    """

    parties: Sequence[UnmatchedParty]
    accounts: Mapping[str, str]
    merges: Merges = NO_MERGES

    @classmethod
    def of_ledger(cls, folder: Path) -> Waiting:
        """Read what the last run left.

        Raises:
            EvidenceError: no run has read the exports yet.
        """
        parties = [
            UnmatchedParty(*row) for row in rows_of(folder / UNMATCHED_FILE, "SELECT * FROM read_parquet($path)")
        ]
        accounts = "SELECT account_id, name FROM read_parquet($path) WHERE is_matched"
        return cls(parties, dict(rows_of(folder / ACCOUNTS_FILE, accounts)))

    def undecided(self, decisions: MatchDecisions) -> list[UnmatchedParty]:
        """Return the customers that no person has confirmed as an account that is there."""
        return [party for party in self.parties if decisions.confirmed.get(party.handle) not in self.accounts]

    def proposals(self, party: UnmatchedParty, decisions: MatchDecisions) -> list[Proposal]:
        """Return the accounts with nearly the same name, nearest first, without those that a person rejected."""
        from rapidfuzz import fuzz, process

        found = process.extract(
            plain_name(party.name)[0],
            {each: stem for each, stem in self._stems.items() if (party.handle, each) not in decisions.rejected},
            scorer=fuzz.token_sort_ratio,
            score_cutoff=LEAST_SCORE,
            limit=PROPOSALS_SHOWN,
        )
        return [Proposal(account_id, self.accounts[account_id], int(score)) for _, score, account_id in found]

    @cached_property
    def _stems(self) -> dict[str, str]:
        stems = {account_id: plain_name(name)[0] for account_id, name in self.accounts.items()}
        return {account_id: stem for account_id, stem in stems.items() if stem}

    def handle(self, text: str) -> str:
        """Return the handle of a customer given by handle, number or name.

        Raises:
            ConfigError: none that is waiting, or several. A handle is taken as it is: it may be matched by now.
        """
        kind, _, rest = text.partition(":")
        if kind in _HANDLE_KINDS and rest.strip():
            return handle_of(rest, None) if kind == "number" else handle_of(None, rest)
        wanted = {handle_of(text, None), handle_of(None, text)}
        found = {party.handle: party.name for party in self.parties if party.handle in wanted or party.name == text}
        return _only(found, text, "customer waits under the name or number", "Copy it from `whalecurve match list`.")

    def account(self, text: str) -> str:
        """Return the id of an account given by id or by its whole name; of a merged one, that of its master.

        Raises:
            ConfigError: none, or several.
        """
        if (master := self.merges.master(text)) in self.accounts:
            return master
        found = {account_id: name for account_id, name in self.accounts.items() if name.casefold() == text.casefold()}
        return _only(
            found, text, "account has the id or name", "Give the id that the CRM shows in the record's address."
        )


def _only(found: Mapping[str, str], text: str, what: str, remedy: str) -> str:
    if len(found) == 1:
        return next(iter(found))
    names = ", ".join(f"{name} ({key})" for key, name in sorted(found.items())[:_NAMES_TOLD])
    raise ConfigError(f"{text!r} fits {len(found)}: {names}" if found else f"no {what} {text!r}", remedy=remedy)


def rows_of(path: Path, sql: str) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of a query over one Parquet file, `$path`, that the last run left.

    Raises:
        EvidenceError: it is not there, or damaged.
    """
    import duckdb

    try:
        with open_database() as connection:
            yield from connection.execute(sql, {"path": glob.escape(str(path))}).fetchall()
    except duckdb.Error as error:
        raise EvidenceError(
            "the ledger does not tell what the last run found", where=str(path), remedy="Run `whalecurve plan` first."
        ) from error
