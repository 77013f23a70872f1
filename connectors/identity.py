"""Find the CRM account of each customer that the books, the time tracker or a template name.

A customer of a source is a *party*: a name, a number, or both. It is taken for an account only where one of these
holds, in this order; nothing is ever taken for equal because it looks alike:
1. its number is the id of one account, or that account's own customer number (`external_key`), and its name is not
   that of another account;
2. its name is that of one account, once case, accents, punctuation, blanks and the legal form are set aside, and
   the two state no different number and no different legal form.
Everything else stays unmatched, with the reason, until a person gives the account the number.
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from connectors.base import AccountRecord

_LEGAL_FORMS = {
    **{form: form for form in ("ab", "abp", "ag", "aps", "as", "asa", "bv", "bvba", "corp", "cv", "doo", "eg", "ev")},
    **{form: form for form in ("gbr", "gmbh", "gmbhcokg", "inc", "kft", "kg", "kgaa", "ky", "llc", "llp", "lp")},
    **{form: form for form in ("ltd", "nv", "oe", "ohg", "ood", "ou", "oy", "oyj", "plc", "pty", "ptyltd", "pvtltd")},
    **{form: form for form in ("sa", "sadecv", "sarl", "sas", "sasu", "se", "sl", "slu", "spa", "spzoo", "sro")},
    **{form: form for form in ("srl", "tmi", "ug", "uab", "vof", "zrt")},
    "aktiebolag": "ab",
    "aktiengesellschaft": "ag",
    "coltd": "ltd",
    "corporation": "corp",
    "gmbhundcokg": "gmbhcokg",
    "incorporated": "inc",
    "limited": "ltd",
    "osakeyhtio": "oy",
    "ptylimited": "ptyltd",
    "pvtlimited": "pvtltd",
    "privatelimited": "pvtltd",
}
"""A legal form as written, without blanks and punctuation -> one spelling of it."""

_LONGEST_FORM = 4
_PLAIN_LETTERS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "\u0131": "i"})
"""Letters that Unicode does not take apart into a plain letter and an accent."""

_UNMATCHED = "unmatched:"


@dataclass(frozen=True, slots=True)
class Party:
    """A customer as a source names it, and how much hangs on it.

    Attributes:
        key: customer number in the source, or the CRM record id; None if not stated.
        name: name in the source; None if not stated.
        value_cents: invoices, credit notes and costs together, each without its sign, home minor units.
        worked_seconds: hours worked for it.
    """

    key: str | None
    name: str | None
    value_cents: int = 0
    worked_seconds: int = 0


@dataclass(frozen=True, slots=True)
class UnmatchedParty:
    """A customer of the books that is no account yet. `value_cents`, `worked_seconds`: as in `Party`."""

    account_id: str
    name: str
    reason: str
    value_cents: int
    worked_seconds: int


@dataclass(frozen=True, slots=True)
class Identities:
    """Who is who.

    Attributes:
        account_ids: (key, name) of a party -> account id, `unmatched:<number or name>` where there is none.
        unmatched: those without an account, most valuable first.
    """

    account_ids: Mapping[tuple[str | None, str | None], str]
    unmatched: tuple[UnmatchedParty, ...]


def plain_name(name: str) -> tuple[str, str]:
    """Return a name without case, accents, punctuation and legal form, and the legal form (empty: none stated).

    `Müller & Söhne GmbH & Co. KG` -> (`muller sohne`, `gmbhcokg`); `BV` alone is a name, not a form.
    """
    words = _plain_text(name).split()
    for length in range(min(_LONGEST_FORM, len(words) - 1), 0, -1):
        form = _LEGAL_FORMS.get("".join(words[-length:]))
        if form:
            return " ".join(words[:-length]), form
    return " ".join(words), ""


def _plain_text(name: str) -> str:
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", name).casefold()).translate(_PLAIN_LETTERS)
    return "".join(_plain_character(character) for character in folded)


def _plain_character(character: str) -> str:
    # Only accents of Latin, Greek and Cyrillic go: in other scripts a mark makes another word.
    if "\u0300" <= character <= "\u036f" or character in ".'\u2019":
        return ""
    return character if character.isalnum() or unicodedata.category(character).startswith("M") else " "


def resolve(parties: Iterable[Party], accounts: Sequence[AccountRecord]) -> Identities:
    """Find the account of each party.

    Args:
        parties: every (key, name) once; at least one of the two is stated.
        accounts: every account of the CRM.

    Returns:
        An account id for every party. Unmatched parties with the same number, or without a number and with the same
        plain name, are one.
    """
    directory = _Directory.of(accounts)
    account_ids: dict[tuple[str | None, str | None], str] = {}
    groups: dict[tuple[str, str, str], list[tuple[Party, str]]] = defaultdict(list)
    for party in sorted(parties, key=lambda party: (party.name or "", party.key or "")):
        account_id, reason = directory.find(party)
        if account_id:
            account_ids[party.key, party.name] = account_id
        else:
            groups[_same_party(party)].append((party, reason))
    by_id: dict[str, list[tuple[Party, str]]] = defaultdict(list)
    for group, members in groups.items():
        by_id[_account_id(group, members)].extend(members)
    account_ids |= {(party.key, party.name): account_id for account_id in by_id for party, _ in by_id[account_id]}
    unmatched = [_unmatched_party(account_id, members) for account_id, members in by_id.items()]
    unmatched.sort(key=lambda party: (-party.value_cents, -party.worked_seconds, party.account_id))
    return Identities(account_ids, tuple(unmatched))


def _same_party(party: Party) -> tuple[str, str, str]:
    return (party.key, "", "") if party.key else ("", *plain_name(party.name or ""))


def _account_id(group: tuple[str, str, str], members: Sequence[tuple[Party, str]]) -> str:
    key = group[0]
    name = _name_of(members)
    return _UNMATCHED + (f"{name} ({key})" if key and key != name else name)


def _name_of(members: Sequence[tuple[Party, str]]) -> str:
    return next((party.name for party, _ in members if party.name), members[0][0].key or "")


def _unmatched_party(account_id: str, members: Sequence[tuple[Party, str]]) -> UnmatchedParty:
    return UnmatchedParty(
        account_id=account_id,
        name=_name_of(members),
        reason="; ".join(sorted({reason for _, reason in members})),
        value_cents=sum(party.value_cents for party, _ in members),
        worked_seconds=sum(party.worked_seconds for party, _ in members),
    )


@dataclass(frozen=True, slots=True)
class _Directory:
    """The accounts by number and by plain name."""

    by_key: Mapping[str, frozenset[str]]
    by_name: Mapping[str, frozenset[str]]
    accounts: Mapping[str, AccountRecord]

    @classmethod
    def of(cls, accounts: Sequence[AccountRecord]) -> _Directory:
        by_key: dict[str, set[str]] = defaultdict(set)
        by_name: dict[str, set[str]] = defaultdict(set)
        for account in accounts:
            by_key[account.account_id].add(account.account_id)
            if account.external_key:
                by_key[account.external_key.strip()].add(account.account_id)
            by_name[plain_name(account.name)[0]].add(account.account_id)
        by_name.pop("", None)
        return cls(
            {key: frozenset(ids) for key, ids in by_key.items()},
            {name: frozenset(ids) for name, ids in by_name.items()},
            {account.account_id: account for account in accounts},
        )

    def find(self, party: Party) -> tuple[str, str]:
        """Return the account id, or an empty one and the reason."""
        keyed = self.by_key.get((party.key or "").strip(), frozenset())
        named = self.by_name.get(plain_name(party.name or "")[0], frozenset())
        if len(keyed) > 1:
            return "", "several accounts have this number"
        if keyed:
            account_id = next(iter(keyed))
            if named and account_id not in named:
                return "", "number and name point to different accounts"
            return account_id, ""
        return self._find_by_name(party, named)

    def _find_by_name(self, party: Party, named: frozenset[str]) -> tuple[str, str]:
        if not named:
            return "", "no account has this number or name" if party.key else "no account has this name"
        if len(named) > 1:
            return "", "several accounts have this name"
        account = self.accounts[next(iter(named))]
        if party.key and account.external_key:
            return "", "the account of this name has another number"
        forms = {plain_name(account.name)[1], plain_name(party.name or "")[1]} - {""}
        if len(forms) > 1:
            return "", "the account of this name has another legal form"
        return account.account_id, ""
