"""What a merge in the CRM does to what we remember: all that hung on an account now hangs on the one that is left.

Seen once, on the first run after it: customers that were found as the merged account go with it, and values of ours
that the merge brought along are known as ours on their new record. Everything else follows at each reading
(`connectors.merges`). Closes are not moved: an account has its own. Only a record that is new, as some CRMs make one of
each merge, goes on where the merged one stopped whose values it shows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from connectors.base import AccountRecord, FieldValue
from connectors.facts.build import ACCOUNTS_FILE, PARTIES_FILE
from connectors.identity import handle_of
from connectors.merges import Merges
from sync.compare import Base
from sync.matching import rows_of
from sync.store import bases, journal
from sync.store.bases import FieldOf
from sync.store.merges import KnownMerges, load_merges, save_merges
from sync.values import normalised

if TYPE_CHECKING:
    import sqlalchemy as sa

    from sync.settle import Target


@dataclass(frozen=True, slots=True)
class MergedAccount:
    """An account that the last run still saw: its name then, and the account that stands for it now."""

    account_id: str
    name: str
    master_id: str


def take_merges(
    target: Target, accounts: Sequence[AccountRecord], ledger_folder: Path
) -> tuple[KnownMerges, tuple[MergedAccount, ...]]:
    """Ask the CRM for merges, remember them, and return all that are known and those that are news.

    Args:
        target: the CRM, and where things are remembered.
        accounts: as just pulled.
        ledger_folder: with what the last run left there.
    """
    there = {account.account_id: account for account in accounts}
    seen = _seen(ledger_folder)
    told = target.crm.pull_merges(accounts, seen.keys() - there.keys())
    with target.store.write() as connection:
        before = load_merges(connection, target.org_id)
        now = before.all.among(there.keys(), told)
        new = now.steps.keys() - before.all.steps.keys()
        carried = {lost: record for lost, record in before.carried.steps.items() if lost in now.steps}
        customers = dict(now.customers)
        if new:
            customers |= _customers_of(new, ledger_folder)
            carried |= _inherit(connection, target, there, Merges({lost: now.steps[lost] for lost in new}))
        known = KnownMerges(Merges(now.steps, customers), Merges(carried))
        save_merges(connection, target.org_id, known)
    return known, tuple(MergedAccount(each, seen[each], now.master(each)) for each in sorted(new) if each in seen)


def _seen(ledger_folder: Path) -> dict[str, str]:
    """Return account id -> name of the accounts that were there in the last run; none before the first."""
    path = ledger_folder / ACCOUNTS_FILE
    query = "SELECT account_id, name FROM read_parquet($path) WHERE is_matched"
    return dict(rows_of(path, query)) if path.exists() else {}


def _customers_of(lost: Collection[str], ledger_folder: Path) -> dict[str, str]:
    """Return handle -> account of the customers that the last run found as one of these accounts."""
    path = ledger_folder / PARTIES_FILE
    parties = rows_of(path, "SELECT party_key, party, account_id FROM read_parquet($path)") if path.exists() else ()
    return {handle_of(key, name): account_id for key, name, account_id in parties if account_id in lost}


def _inherit(
    connection: sa.Connection, target: Target, there: Mapping[str, AccountRecord], new: Merges
) -> dict[str, str]:
    """Take what the masters show of their merged accounts' values for ours; return merged account -> who goes on."""
    ours = bases.load_bases(connection, target.org_id)
    sent = journal.sent_to_the_gone(connection, target.org_id)
    owners = {account_id for account_id, _ in ours}
    carried: dict[str, str] = {}
    for master, merged in new.by_master().items():
        if master not in there:
            continue
        shown = _shown(target, there[master])
        first = max(merged, key=lambda lost: _agreeing(lost, ours, shown))
        kept: dict[FieldOf, FieldValue] = {}
        if master not in owners and _agreeing(first, ours, shown):
            carried[first] = master
            kept = {(master, key): ours[first, key].value for key in shown if (first, key) in ours}
        taken = _brought_along(master, merged, shown, ours, sent)
        bases.confirm(connection, target.org_id, kept | taken, run_id=target.run_id)
    return carried


def _shown(target: Target, account: AccountRecord) -> dict[str, FieldValue]:
    """Return what an account shows in the fields that we write."""
    own = {key: spec for key, spec in target.fields.items() if spec.owner == "product"}
    return {key: normalised(spec, account.values.get(key)) for key, spec in own.items()}


def _agreeing(lost: str, ours: Mapping[FieldOf, Base], shown: Mapping[str, FieldValue]) -> int:
    """Return in how many fields a record shows what we wrote to a merged one; blanks tell nothing."""
    return sum(bool(value) and (lost, key) in ours and ours[lost, key].value == value for key, value in shown.items())


def _brought_along(
    master: str,
    merged: Collection[str],
    shown: Mapping[str, FieldValue],
    ours: Mapping[FieldOf, Base],
    sent: Mapping[FieldOf, Collection[FieldValue]],
) -> dict[FieldOf, FieldValue]:
    """Return the fields in which a record shows what we wrote, or were about to write, to a merged one."""
    written: dict[str, list[FieldValue]] = defaultdict(list)
    for key in shown:
        for lost in merged:
            written[key] += [ours[lost, key].value] if (lost, key) in ours else []
            written[key] += sent.get((lost, key), ())
    return {(master, key): value for key, value in shown.items() if value in written[key]}
