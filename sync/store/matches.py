"""What people said of customers of the books: this one is that account, or is not."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

import sqlalchemy as sa

from connectors.identity import MatchDecisions
from connectors.merges import NO_MERGES, Merges
from sync.store.tables import party_match

Verdict: TypeAlias = Literal["confirmed", "rejected"]


@dataclass(frozen=True, slots=True)
class MatchDecision:
    """One decision; `handle`: of the customer (`connectors.identity.handle_of`)."""

    handle: str
    account_id: str
    verdict: Verdict


def save_decisions(
    connection: sa.Connection,
    org_id: str,
    decisions: Iterable[MatchDecision],
    *,
    now: datetime,
    merges: Merges = NO_MERGES,
) -> None:
    """Store decisions in order: a later one on the same pair wins, and a customer is confirmed as one account only.

    What was said of an account that was merged away was said of the one that took it over.
    """
    absorbed = merges.by_master()
    for decision in decisions:
        own = (party_match.c.org_id == org_id) & (party_match.c.handle == decision.handle)
        same = party_match.c.account_id.in_([decision.account_id, *absorbed.get(decision.account_id, ())])
        replaced = sa.or_(same, party_match.c.verdict == "confirmed") if decision.verdict == "confirmed" else same
        connection.execute(party_match.delete().where(own, replaced))
        row = {"handle": decision.handle, "account_id": decision.account_id, "verdict": decision.verdict}
        connection.execute(party_match.insert().values(org_id=org_id, decided=now, **row))


def load_decisions(connection: sa.Connection, org_id: str) -> list[MatchDecision]:
    """Return every decision, ordered by handle and account."""
    columns = (party_match.c.handle, party_match.c.account_id, party_match.c.verdict)
    query = sa.select(*columns).where(party_match.c.org_id == org_id).order_by(*columns)
    return [MatchDecision(*row) for row in connection.execute(query)]


def followed(decisions: Iterable[MatchDecision], merges: Merges) -> list[MatchDecision]:
    """Return decisions on the accounts that are left after merges, ordered by handle and account.

    Who was confirmed as one of two accounts and rejected as the other is confirmed as the one that is left of them.
    """
    found: dict[tuple[str, str], MatchDecision] = {}
    for each in decisions:
        master = merges.master(each.account_id)
        if each.verdict == "confirmed" or (each.handle, master) not in found:
            found[each.handle, master] = MatchDecision(each.handle, master, each.verdict)
    return [found[pair] for pair in sorted(found)]


def match_decisions(decisions: Iterable[MatchDecision]) -> MatchDecisions:
    """Return decisions as the matching takes them."""
    listed = list(decisions)
    return MatchDecisions(
        confirmed={each.handle: each.account_id for each in listed if each.verdict == "confirmed"},
        rejected=frozenset((each.handle, each.account_id) for each in listed if each.verdict == "rejected"),
    )
