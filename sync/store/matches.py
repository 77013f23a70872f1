"""What people said of customers of the books: this one is that account, or is not."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

import sqlalchemy as sa

from connectors.identity import MatchDecisions
from sync.store.tables import party_match

Verdict: TypeAlias = Literal["confirmed", "rejected"]


@dataclass(frozen=True, slots=True)
class MatchDecision:
    """One decision; `handle`: of the customer (`connectors.identity.handle_of`)."""

    handle: str
    account_id: str
    verdict: Verdict


def save_decisions(
    connection: sa.Connection, org_id: str, decisions: Iterable[MatchDecision], *, now: datetime
) -> None:
    """Store decisions in order: a later one on the same pair wins, and a customer is confirmed as one account only."""
    for decision in decisions:
        own = (party_match.c.org_id == org_id) & (party_match.c.handle == decision.handle)
        replaced = party_match.c.account_id == decision.account_id
        if decision.verdict == "confirmed":
            replaced |= party_match.c.verdict == "confirmed"
        connection.execute(party_match.delete().where(own & replaced))
        row = {"handle": decision.handle, "account_id": decision.account_id, "verdict": decision.verdict}
        connection.execute(party_match.insert().values(org_id=org_id, decided=now, **row))


def load_decisions(connection: sa.Connection, org_id: str) -> list[MatchDecision]:
    """Return every decision, ordered by handle and account."""
    columns = (party_match.c.handle, party_match.c.account_id, party_match.c.verdict)
    query = sa.select(*columns).where(party_match.c.org_id == org_id).order_by(*columns)
    return [MatchDecision(*row) for row in connection.execute(query)]


def match_decisions(decisions: Iterable[MatchDecision]) -> MatchDecisions:
    """Return decisions as the matching takes them."""
    listed = list(decisions)
    return MatchDecisions(
        confirmed={each.handle: each.account_id for each in listed if each.verdict == "confirmed"},
        rejected=frozenset((each.handle, each.account_id) for each in listed if each.verdict == "rejected"),
    )
