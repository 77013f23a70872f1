"""Find the CRM account of each customer that the books, the time tracker or a template name.

A customer of a source is a *party*: a name, a number, or both. Its account is, in this order:
1. the one that a person confirmed;
2. the one whose id, or own customer number (`external_key`), is the party's number;
3. the one with its VAT or company number;
4. the one that took over the account as which the party was found before, where people merged the two;
5. the one with its e-mail domain, where no other account and no party of another name has that domain;
6. the one with its name once case, accents and punctuation are set aside; failing that, the legal form too.
An account stands for those that were merged into it: their ids are its own.
Each must be one account, and nothing else that the party states may point to another one. A domain or a name is not
enough where both sides state a number, a company number or a legal form, and the two differ. Nothing is ever taken for
equal because it looks alike: everything else stays unmatched, with the reason, until a person confirms it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from connectors.base import AccountRecord
from connectors.company_ids import company_number, domain_of
from connectors.merges import NO_MERGES, Merges
from connectors.names import full_name, plain_name

_UNMATCHED = "unmatched:"
_ACCOUNTS_TOLD = 3
"""Most accounts that one reason names."""


@dataclass(frozen=True, slots=True)
class Party:
    """A customer as a source names it, and how much hangs on it.

    Attributes:
        key: customer number in the source, or the CRM record id; None if not stated.
        name: name in the source; None if not stated.
        value_cents: invoices, credit notes and costs together, each without its sign, home minor units.
        worked_seconds: hours worked for it.
        company_numbers, emails: every VAT or company number and e-mail address that its records state, as written.
    """

    key: str | None
    name: str | None
    value_cents: int = 0
    worked_seconds: int = 0
    company_numbers: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()

    @property
    def handle(self) -> str:
        """Return what people decide about: `number:9`, without a number `name:foo bv`."""
        return handle_of(self.key, self.name)


@dataclass(frozen=True, slots=True)
class UnmatchedParty:
    """A customer of the books that is no account yet. `handle`, `value_cents`, `worked_seconds`: as in `Party`."""

    account_id: str
    handle: str
    name: str
    reason: str
    value_cents: int
    worked_seconds: int


@dataclass(frozen=True, slots=True)
class MatchDecisions:
    """What people decided: `confirmed` handle of a party -> account id; `rejected` pairs of the two."""

    confirmed: Mapping[str, str]
    rejected: frozenset[tuple[str, str]] = frozenset()


UNDECIDED = MatchDecisions({})


@dataclass(frozen=True, slots=True)
class Identities:
    """Who is who.

    Attributes:
        account_ids: (key, name) of a party -> account id, `unmatched:<number or name>` where there is none.
        unmatched: those without an account, most valuable first.
    """

    account_ids: Mapping[tuple[str | None, str | None], str]
    unmatched: tuple[UnmatchedParty, ...]


def handle_of(key: str | None, name: str | None) -> str:
    """Return the handle of a party; spellings of one name have one handle."""
    return f"number:{key.strip()}" if key else f"name:{full_name(name or '') or name}"


def resolve(
    parties: Iterable[Party],
    accounts: Sequence[AccountRecord],
    decisions: MatchDecisions = UNDECIDED,
    merges: Merges = NO_MERGES,
) -> Identities:
    """Find the account of each party.

    Args:
        parties: every (key, name) once; at least one of the two is stated.
        accounts: every account of the CRM.
        decisions: what people decided before.
        merges: which accounts took over which.

    Returns:
        An account id for every party. Unmatched parties with the same handle are one.
    """
    ordered = sorted(parties, key=lambda party: (party.name or "", party.key or ""))
    directory = _Directory.of(accounts, ordered, decisions, merges)
    account_ids: dict[tuple[str | None, str | None], str] = {}
    groups: dict[str, list[tuple[Party, str]]] = defaultdict(list)
    for party in ordered:
        account_id, reason = directory.find(party)
        if account_id:
            account_ids[party.key, party.name] = account_id
        else:
            groups[party.handle].append((party, reason))
    by_id: dict[str, list[tuple[Party, str]]] = defaultdict(list)
    for members in groups.values():
        by_id[_account_id(members)].extend(members)
    account_ids |= {(party.key, party.name): account_id for account_id in by_id for party, _ in by_id[account_id]}
    unmatched = [_unmatched_party(account_id, members) for account_id, members in by_id.items()]
    unmatched.sort(key=lambda party: (-party.value_cents, -party.worked_seconds, party.account_id))
    return Identities(account_ids, tuple(unmatched))


def _account_id(members: Sequence[tuple[Party, str]]) -> str:
    key, name = members[0][0].key, _name_of(members)
    return _UNMATCHED + (f"{name} ({key})" if key and key != name else name)


def _name_of(members: Sequence[tuple[Party, str]]) -> str:
    return next((party.name for party, _ in members if party.name), members[0][0].key or "")


def _unmatched_party(account_id: str, members: Sequence[tuple[Party, str]]) -> UnmatchedParty:
    return UnmatchedParty(
        account_id=account_id,
        handle=members[0][0].handle,
        name=_name_of(members),
        reason="; ".join(sorted({reason for _, reason in members})),
        value_cents=sum(party.value_cents for party, _ in members),
        worked_seconds=sum(party.worked_seconds for party, _ in members),
    )


_WEAK = frozenset({"e-mail domain", "name"})
"""What two companies of one group may share."""

_Ids = frozenset[str]
_NOBODY: _Ids = frozenset()


@dataclass(frozen=True, slots=True)
class _Directory:
    """The accounts by all that identifies one.

    Attributes:
        by_domain: domains of one account, and of parties of one name.
        by_full: by name with its legal form. by_stem: by name without it.
        rejected: pairs of a handle and an account that it is not, as merges left it.
    """

    accounts: Mapping[str, AccountRecord]
    by_key: Mapping[str, _Ids]
    by_number: Mapping[str, _Ids]
    by_domain: Mapping[str, _Ids]
    by_full: Mapping[str, _Ids]
    by_stem: Mapping[str, _Ids]
    confirmed: Mapping[str, str]
    rejected: frozenset[tuple[str, str]]
    merges: Merges

    @classmethod
    def of(
        cls, accounts: Sequence[AccountRecord], parties: Sequence[Party], decisions: MatchDecisions, merges: Merges
    ) -> _Directory:
        absorbed = merges.by_master()
        by_domain = _index(accounts, lambda account: [domain_of(account.website or "")])
        users: dict[str, set[str]] = defaultdict(set)
        for party in parties:
            for domain in _domains(party):
                users[domain].add(plain_name(party.name)[0] if party.name else party.handle)
        return cls(
            accounts={account.account_id: account for account in accounts},
            by_key=_index(
                accounts,
                lambda account: [
                    account.account_id,
                    *absorbed.get(account.account_id, ()),
                    (account.external_key or "").strip(),
                ],
            ),
            by_number=_index(accounts, lambda account: [company_number(account.company_number or "")]),
            by_domain={domain: ids for domain, ids in by_domain.items() if len(ids) == 1 and len(users[domain]) == 1},
            by_full=_index(accounts, lambda account: [full_name(account.name)]),
            by_stem=_index(accounts, lambda account: [plain_name(account.name)[0]]),
            confirmed=decisions.confirmed,
            rejected=frozenset((handle, merges.master(account_id)) for handle, account_id in decisions.rejected),
            merges=merges,
        )

    def find(self, party: Party) -> tuple[str, str]:
        """Return the account id, or an empty one and the reason."""
        if confirmed := self.confirmed.get(party.handle):
            return self._confirmed(confirmed)
        clues = [(what, ids) for what, ids in self._clues(party) if ids]
        if not clues:
            return "", "no account has this number or name" if party.key else "no account has this name"
        (what, ids), *others = clues
        if what == "name":
            ids = self.by_full.get(full_name(party.name or ""), ids)
        if len(ids) > 1:
            return "", f"several accounts have this {what}: {self._told(ids)}"
        account_id = next(iter(ids))
        objection = self._objection(party, account_id, what, others)
        return ("", objection) if objection else (account_id, "")

    def _confirmed(self, account_id: str) -> tuple[str, str]:
        master = self.merges.master(account_id)
        if master in self.accounts:
            return master, ""
        merged = "" if master == account_id else f" and merged into {master}"
        return "", f"confirmed as account {account_id}{merged}, which the CRM no longer has"

    def _taken_over(self, party: Party) -> _Ids:
        """Return the account that took over the one as which the party was found."""
        master = self.merges.master(self.merges.customers.get(party.handle, ""))
        return frozenset({master}) if master in self.accounts else _NOBODY

    def _objection(self, party: Party, account_id: str, what: str, others: Iterable[tuple[str, _Ids]]) -> str:
        """Return what speaks against the one account to which a clue leads; empty: nothing."""
        told = self._told({account_id})
        if (party.handle, account_id) in self.rejected:
            return f"a person said that it is not {told}"
        for other, ids in others:
            if account_id not in ids:
                return f"{what} and {other} point to different accounts: {told}; {self._told(ids)}"
        differing = _differing(party, self.accounts[account_id]) if what in _WEAK else ""
        return f"the account of this {what} has another {differing}: {told}" if differing else ""

    def _clues(self, party: Party) -> Iterator[tuple[str, _Ids]]:
        """Yield what the party states and the accounts that state the same, strongest first."""
        yield "number", self.by_key.get((party.key or "").strip(), _NOBODY)
        yield "company number", _union(self.by_number, _numbers(party))
        yield "merged account", self._taken_over(party)
        yield "e-mail domain", _union(self.by_domain, _domains(party))
        yield "name", self.by_stem.get(plain_name(party.name or "")[0], _NOBODY)

    def _told(self, ids: Iterable[str]) -> str:
        names = [f"{self.accounts[account_id].name} ({account_id})" for account_id in sorted(ids)]
        return ", ".join(names[:_ACCOUNTS_TOLD]) + (", ..." if len(names) > _ACCOUNTS_TOLD else "")


def _differing(party: Party, account: AccountRecord) -> str:
    """Return what both sides state and state differently: then they are two companies. Empty: nothing."""
    if party.key and account.external_key:
        return "number"  # an equal one would have led here by itself
    own, stated = company_number(account.company_number or ""), _numbers(party)
    if own and own not in stated and any(own.split(":")[0] == number.split(":")[0] for number in stated):
        return "company number"
    forms = {plain_name(account.name)[1], plain_name(party.name or "")[1]} - {""}
    return "legal form" if len(forms) > 1 else ""


def _index(
    accounts: Iterable[AccountRecord], marks: Callable[[AccountRecord], Iterable[str | None]]
) -> dict[str, _Ids]:
    found: dict[str, set[str]] = defaultdict(set)
    for account in accounts:
        for mark in marks(account):
            if mark:
                found[mark].add(account.account_id)
    return {mark: frozenset(ids) for mark, ids in found.items()}


def _union(index: Mapping[str, _Ids], marks: Iterable[str]) -> _Ids:
    return _NOBODY.union(*(index.get(mark, _NOBODY) for mark in marks))


def _numbers(party: Party) -> set[str]:
    return {number for number in map(company_number, party.company_numbers) if number}


def _domains(party: Party) -> set[str]:
    return {domain for domain in map(domain_of, party.emails) if domain}
