"""Which account took over which, when people merged two of them in the CRM.

A CRM tells one step at a time and may forget it: when a recycle bin is emptied, or when the account that lists those
merged into it is merged itself. So steps are remembered, and followed here to their end.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Merges:
    """Accounts that were merged away.

    Attributes:
        steps: account that was merged away -> the one that took it over, which may be merged away or gone by now.
        customers: handle of a customer of the books (`connectors.identity.handle_of`) -> the account that it was found
            as when that account was merged away.
    """

    steps: Mapping[str, str] = field(default_factory=dict)
    customers: Mapping[str, str] = field(default_factory=dict)

    def among(self, accounts: Collection[str], told: Mapping[str, str]) -> Merges:
        """Return what is known once the CRM has told its steps beside its accounts.

        Args:
            accounts: ids of the accounts that are there. One that was restored is itself again, whatever was told.
            told: the steps that the CRM tells now; they win over remembered ones.
        """
        steps = {**self.steps, **told}
        return Merges({lost: kept for lost, kept in steps.items() if lost not in accounts}, self.customers)

    def master(self, account_id: str) -> str:
        """Return the account that stands for this one now: itself, if it was never merged away.

        The end may be an account that is gone. Steps that go in a circle end at one of its accounts; none of them is
        there, or it would have no step.
        """
        passed = set[str]()
        while account_id in self.steps and account_id not in passed:
            passed.add(account_id)
            account_id = self.steps[account_id]
        return account_id

    def by_master(self) -> dict[str, list[str]]:
        """Return the accounts that each account stands for besides itself, in the order of their ids."""
        found: dict[str, list[str]] = defaultdict(list)
        for lost in sorted(self.steps):
            found[self.master(lost)].append(lost)
        return dict(found)


NO_MERGES = Merges()
