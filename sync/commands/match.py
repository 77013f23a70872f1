"""`whalecurve match`: customers of the books that are no account yet, and what people say of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sync.commands.context import Invocation

if TYPE_CHECKING:
    import sqlalchemy as sa

    from connectors.identity import MatchDecisions, UnmatchedParty
    from sync.matching import Waiting
    from sync.settings import Settings
    from sync.store.matches import MatchDecision, Verdict

SHOWN = 20
NEXT_RUN = "It counts from the next run on."


@click.group()
def match() -> None:
    """Say which account a customer of the books is.

    Nothing is taken for equal because it looks alike: who cannot be found exactly waits here for a person, and what
    that person says is remembered.
    """


@match.command(name="list")
@click.option("--all", "show_all", is_flag=True, help=f"Every customer, not the first {SHOWN}.")
@click.pass_obj
def list_waiting(invocation: Invocation, *, show_all: bool) -> int:
    """List the customers without account as of the last run, most valuable first, with accounts of nearly that name.

    Those confirmed as an account that was merged into another since are told with the one that they follow.

    \b
    Example:  whalecurve match list --all
    """
    from sync.store.matches import followed, match_decisions

    settings = invocation.settings()
    waiting, stored = _waiting(settings)
    decisions = match_decisions(followed(stored, waiting.merges))
    parties = waiting.undecided(decisions)
    shown = parties if show_all or invocation.as_json else parties[:SHOWN]
    rows = [_row(party, waiting, decisions, settings.books.home_currency) for party in shown]
    moved = [_moved(each, waiting) for each in stored if each.verdict == "confirmed" and _has_moved(each, waiting)]
    told = [_text(rows, len(parties), settings.books.home_currency), *map(_moved_text, moved)]
    invocation.answer("\n".join(told), {"unmatched": rows, "merged": moved})
    return 0


def _has_moved(decision: MatchDecision, waiting: Waiting) -> bool:
    return waiting.merges.master(decision.account_id) != decision.account_id


def _moved(decision: MatchDecision, waiting: Waiting) -> dict[str, str | None]:
    """Return a confirmed customer and the account that it follows; its name is None if that one is gone."""
    master = waiting.merges.master(decision.account_id)
    told = {"party": decision.handle, "confirmed_as": decision.account_id, "account": master}
    return {**told, "name": waiting.accounts.get(master)}


def _moved_text(moved: dict[str, str | None]) -> str:
    now = f"{moved['name']} ({moved['account']})" if moved["name"] else f"{moved['account']}, which is gone"
    return f"Merged: {moved['party']} was confirmed as {moved['confirmed_as']}, which is now {now}"


def _row(party: UnmatchedParty, waiting: Waiting, decisions: MatchDecisions, currency: str) -> dict[str, Any]:
    from profitability.units import from_minor

    return {
        "party": party.handle,
        "name": party.name,
        "value": str(from_minor(party.value_cents, currency)),
        "hours": f"{party.worked_seconds / 3600:.2f}",
        "reason": party.reason,
        "proposals": [
            {"account": each.account_id, "name": each.name, "score": each.score}
            for each in waiting.proposals(party, decisions)
        ],
    }


def _text(rows: Sequence[dict[str, Any]], count: int, currency: str) -> str:
    from sync.report.tables import table

    if not rows:
        return "Every customer of the books is an account, or will be in the next run."
    told = [("VALUE " + currency, "HOURS", "PARTY", "NAME", "WHY, AND ACCOUNTS OF NEARLY THAT NAME")]
    for row in rows:
        told.append((row["value"], row["hours"], row["party"], row["name"], row["reason"]))
        told += [("", "", "", "", f"  {each['name']} ({each['account']})") for each in row["proposals"]]
    more = [f"... {count - len(rows)} more (--all)"] if count > len(rows) else []
    return "\n".join([*table(told, right=frozenset({0, 1})), *more, "Next: whalecurve match confirm PARTY ACCOUNT"])


@match.command()
@click.argument("party")
@click.argument("account")
@click.pass_obj
def confirm(invocation: Invocation, *, party: str, account: str) -> int:
    """Say that PARTY (as listed, or its name or number) is ACCOUNT (record id, or its whole name in the CRM).

    \b
    Example:  whalecurve match confirm "name:grove events" 001Qz00000aBcDeIAK
    """
    return _decide(invocation, party, account, "confirmed")


@match.command()
@click.argument("party")
@click.argument("account")
@click.pass_obj
def reject(invocation: Invocation, *, party: str, account: str) -> int:
    """Say that PARTY is not ACCOUNT: it is neither proposed nor taken for it; takes a `confirm` back.

    \b
    Example:  whalecurve match reject number:1042 "Grove Events Limited"
    """
    return _decide(invocation, party, account, "rejected")


def _decide(invocation: Invocation, party: str, account: str, verdict: Verdict) -> int:
    from sync.store.matches import MatchDecision

    settings = invocation.settings()
    waiting, _ = _waiting(settings)
    decision = MatchDecision(waiting.handle(party), waiting.account(account), verdict)
    _save(invocation, settings, [decision])
    told = (
        f"{decision.handle}: {verdict} as {waiting.accounts[decision.account_id]} ({decision.account_id}). {NEXT_RUN}"
    )
    invocation.answer(told, {"party": decision.handle, "account": decision.account_id, "decision": verdict})
    return 0


@match.command(name="export")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.pass_obj
def export_file(invocation: Invocation, *, file: Path) -> int:
    """Write what was decided, and who still waits, to a CSV FILE.

    \b
    Example:  whalecurve match export matches.csv   (write confirmed or rejected into its last column)
    """
    from profitability.units import counted
    from sync.match_file import write_matches
    from sync.store.matches import followed

    settings = invocation.settings()
    waiting, stored = _waiting(settings)
    decided = followed(stored, waiting.merges)
    count = write_matches(file, waiting, decided, currency=settings.books.home_currency)
    told = f"{file}: {counted(count, 'row')}. Next: whalecurve match import {file}"
    invocation.answer(told, {"file": str(file), "rows": count})
    return 0


@match.command(name="import")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.pass_obj
def import_file(invocation: Invocation, *, file: Path) -> int:
    """Take the decisions of a CSV FILE: all of them, or none where a row is wrong.

    \b
    Example:  whalecurve match import matches.csv
    """
    from profitability.units import counted
    from sync.match_file import read_matches

    settings = invocation.settings()
    waiting, _ = _waiting(settings)
    decisions = read_matches(file, waiting)
    _save(invocation, settings, decisions)
    invocation.answer(f"{counted(len(decisions), 'decision')} taken. {NEXT_RUN}", {"decisions": len(decisions)})
    return 0


def _waiting(settings: Settings) -> tuple[Waiting, list[MatchDecision]]:
    """Return who waits, with the merges since, and what people said, as they said it."""
    from sync.matching import Waiting
    from sync.store.matches import load_decisions
    from sync.store.merges import load_merges

    waiting = Waiting.of_ledger(settings.data.ledger)
    with _opened(settings, is_write=False) as (connection, org_id):
        merges = load_merges(connection, org_id).all
        return replace(waiting, merges=merges), load_decisions(connection, org_id)


def _save(invocation: Invocation, settings: Settings, decisions: Sequence[MatchDecision]) -> None:
    from sync.store.matches import save_decisions
    from sync.store.merges import load_merges

    with _opened(settings, is_write=True) as (connection, org_id):
        merges = load_merges(connection, org_id).all
        save_decisions(connection, org_id, decisions, now=invocation.now(), merges=merges)


@contextmanager
def _opened(settings: Settings, *, is_write: bool) -> Iterator[tuple[sa.Connection, str]]:
    from sync.errors import ConfigError
    from sync.nightly import STORE_NAME
    from sync.store.database import open_store
    from sync.store.orgs import bound_org

    store = open_store(settings.data.state / STORE_NAME)
    with closing(store), store.write() if is_write else store.read() as connection:
        org_id = bound_org(connection)
        if org_id is None:
            raise ConfigError("no run has logged in to the CRM yet", remedy="Run `whalecurve plan` first.")
        yield connection, org_id
