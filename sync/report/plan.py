"""A plan for people and for programs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from connectors.exports.reading import ReadingStatus
from profitability.tiers import NOT_RATED, TIERS
from profitability.units import counted, from_minor, money_text
from sync.compare import Action
from sync.plan import AccountChange, Plan
from sync.report.portfolio import loss_rate_lines, portfolio_data, portfolio_lines
from sync.report.tables import hours, percent, table

if TYPE_CHECKING:
    from connectors.facts.build import UnknownGlAccount, UnknownTask
    from sync.pipeline import Planned

SHOWN = 20
SUBJECTS = 5

PROBLEMS = {
    "hours_without_rate": "hours of people without a cost rate on that day",
    "unknown_category": "hours whose task is in no category, counted as delivery",
    "unknown_currency_rate": "amounts in a foreign currency without a rate, account not rated",
    "note_without_invoice": "credit notes whose invoice is in no export",
    "settled_beyond_amount": "settled beyond the amount (state net and gross of these invoices)",
    "unassigned_cost": "cost without a customer, left at firm level",
    "undriven_pool": "shared cost that nothing could share out, left at firm level",
}
"""Kinds of `Verdicts.problems` in words."""


def plan_text(planned: Planned, *, show_all: bool = False) -> str:
    """Return what the plan would do and what it rests on."""
    return "\n".join(
        [
            *_inputs(planned),
            *merged_lines(planned),
            *_books(planned),
            *_unmatched(planned),
            "",
            *_changes(planned, None if show_all else SHOWN),
            "",
            *_sum(planned),
        ]
    )


def plan_data(planned: Planned) -> dict[str, Any]:
    """Return the plan for --json: every change with its old and new value and the reason."""
    plan, verdicts = planned.plan, planned.verdicts
    return {
        "plan": plan.plan_id,
        "run": plan.run_id,
        "figures_through": plan.as_of.isoformat(),
        "changes": [
            {
                "account": change.account_id,
                "name": planned.accounts[change.account_id].name,
                "reason": change.reason,
                "fields": {f.field: {"old": f.old, "new": f.new} for f in change.fields},
            }
            for change in plan.changes
        ],
        "kept": [
            {"account": f.account_id, "field": f.field, "why": f.action, "found": f.found, "wanted": f.wanted}
            for f in plan.findings
        ],
        "unchanged_fields": plan.unchanged_fields,
        "guards": [
            {
                "name": guard.name,
                "measured": guard.measured,
                "limit": guard.limit,
                "message": guard.message,
                "remedy": guard.remedy,
            }
            for guard in planned.tripped
        ],
        "books": verdicts.books_status,
        "reconciliation": dict(zip(*_reconciliation_columns(planned), strict=True)),
        "coverage": f"{verdicts.coverage:.2f}",
        "portfolio": portfolio_data(verdicts),
        "warnings": list(planned.warnings),
        "merged": [{"account": each.account_id, "name": each.name, "into": each.master_id} for each in planned.merged],
        "restated": [
            {"account": account_id, "net_profit": [str(from_minor(cents, verdicts.home_currency)) for cents in both]}
            for account_id, both in planned.restated.items()
        ],
        "unmatched": [
            {
                "party": party.handle,
                "name": party.name,
                "value": str(from_minor(party.value_cents, verdicts.home_currency)),
                "reason": party.reason,
            }
            for party in planned.built.unmatched
        ],
    }


def _reconciliation_columns(planned: Planned) -> tuple[list[str], list[str]]:
    currency = planned.verdicts.home_currency
    frame = planned.verdicts.reconciliation
    amounts = [
        money_text(int(amount), currency).replace(",", "") if unit == "cents" else str(int(amount))
        for amount, unit in zip(frame["amount"], frame["unit"], strict=True)
    ]
    return list(frame["line"]), amounts


def _inputs(planned: Planned) -> list[str]:
    window = planned.verdicts.window
    built = planned.built
    unread = [reading.path.name for reading in planned.readings if reading.status is ReadingStatus.NO_MAPPING]
    records = sum(sum(file.rows.values()) for file in built.inputs)
    return [
        f"Files      {len(built.inputs)} read, {counted(records, 'record')}",
        f"Period     {window.first_day} to {window.last_day}, figures as of the last closed month",
        *(f"Not read   {name}: no mapping (whalecurve exports check tells why)" for name in unread),
        *_listed("Note", planned.warnings),
        *_listed("Unknown", [_unknown_task(task) for task in built.unknown_tasks]),
        *_listed("Unknown", [_unknown_gl_account(account) for account in built.unknown_gl_accounts]),
        *_listed("Note", _problems(planned)),
    ]


def _listed(head: str, entries: Sequence[str]) -> list[str]:
    """Return entries as lines under one heading, the first ones only where there are many."""
    more = [f"{'':<10} ... {len(entries) - SHOWN} more"] if len(entries) > SHOWN else []
    return [*(f"{head:<10} {entry}" for entry in entries[:SHOWN]), *more]


def merged_lines(planned: Planned) -> list[str]:
    """Return one line per account that was merged away, and one per account whose close now reads otherwise."""
    currency, closed = planned.verdicts.home_currency, planned.plan.as_of

    def named(account_id: str) -> str:
        account = planned.accounts.get(account_id)
        return f"{account.name} ({account_id})" if account else f"{account_id}, which is gone"

    told = [f"{each.name} ({each.account_id}) into {named(each.master_id)}" for each in planned.merged]
    restated = [
        f"{named(account_id)}: net profit {money_text(then, currency)} at the close of {closed}, "
        f"now {money_text(now, currency)} {currency}"
        for account_id, (then, now) in planned.restated.items()
    ]
    return [*_listed("Merged", told), *_listed("Restated", restated)]


def _unknown_task(task: UnknownTask) -> str:
    words = " / ".join(word for word in (task.project, task.task, task.tags) if word) or "no task"
    counted = "internal time" if task.is_internal else "delivery"
    return f"task {words!r}: {hours(task.worked_seconds)} counted as {counted} (categories.toml)"


def _unknown_gl_account(account: UnknownGlAccount) -> str:
    amount = f"{money_text(account.amount_minor, account.currency)} {account.currency}"
    name = f" ({account.name})" if account.name else ""
    return f"GL account {account.gl_account!r}{name}: {amount} left at firm level (gl_accounts.toml)"


def _problems(planned: Planned) -> list[str]:
    """Return one entry per kind of problem: what it means, how often, whom or what it concerns first."""
    by_kind: dict[str, list[Mapping[Hashable, Any]]] = {}
    for row in planned.verdicts.problems.to_dict("records"):
        by_kind.setdefault(row["problem"], []).append(row)
    return [f"{PROBLEMS[kind]}: {_subjects(planned, rows)}" for kind, rows in by_kind.items()]


def _subjects(planned: Planned, rows: Sequence[Mapping[Hashable, Any]]) -> str:
    accounts = planned.accounts
    names = [accounts[row["subject"]].name if row["subject"] in accounts else row["subject"] for row in rows]
    seconds = sum(int(row["seconds"]) for row in rows)
    return _named(names) + (f" ({hours(seconds)})" if seconds else "")


def _books(planned: Planned) -> list[str]:
    verdicts = planned.verdicts
    amount = dict(zip(verdicts.reconciliation["line"], verdicts.reconciliation["amount"], strict=True))
    by_accounts, by_books = int(amount["firm_profit_by_clients"]), int(amount["firm_profit_from_books"])
    currency = verdicts.home_currency
    by, books, difference = (money_text(cents, currency) for cents in (by_accounts, by_books, by_accounts - by_books))
    proof = f"firm profit by accounts {by}, from the books {books}, difference {difference} {currency}"
    is_stated = any("control_total" in file.rows for file in planned.built.inputs)
    unused = is_stated and verdicts.books_status != "reconciled"
    return [
        f"Books      {verdicts.books_status}: {proof}",
        *(["Note       control totals are stated for other days than this period: not compared"] if unused else []),
        f"Coverage   {verdicts.coverage:.0f} of 100",
        *loss_rate_lines(verdicts),
    ]


def _unmatched(planned: Planned) -> list[str]:
    currency = planned.verdicts.home_currency
    parties = planned.built.unmatched
    customers = counted(len(parties), "customer")
    head = (
        [f"Unmatched  {customers} of the books without account (documents and costs in all exports)"] if parties else []
    )
    told = [f"{party.name}: {money_text(party.value_cents, currency)} {currency} ({party.reason})" for party in parties]
    remedy = ["           Say which account each is: whalecurve match list"] if parties else []
    return [*head, *_listed("", told), *remedy]


def _changes(planned: Planned, most: int | None) -> list[str]:
    if not planned.plan.changes:
        return [" nothing to change"]
    figures = {row["account_id"]: row for row in planned.verdicts.accounts.to_dict("records")}
    currency = planned.verdicts.home_currency
    rows = [("", "ACCOUNT", "TIER", "NET PROFIT", "MARGIN", "WHY")]
    for change in planned.plan.changes[:most]:
        row = figures[change.account_id]
        profit, income = int(row["ncp_cents"]), int(row["agi_cents"])
        name = planned.accounts[change.account_id].name
        rows.append(
            (
                _sign(change),
                name,
                _tier_step(change),
                money_text(profit, currency),
                percent(profit, income),
                change.reason,
            )
        )
    hidden = len(planned.plan.changes) - (most or len(planned.plan.changes))
    return [*table(rows, right=frozenset({3, 4})), *([f"   ... {hidden} more (--all)"] if hidden > 0 else [])]


def _sign(change: AccountChange) -> str:
    return "+" if all(field.old in (None, False) for field in change.fields) else "~"


def _tier_step(change: AccountChange) -> str:
    tier = change.of("tier")
    return f"{tier.old or '-'} > {tier.new}" if tier else "same"


def _sum(planned: Planned) -> list[str]:
    plan = planned.plan
    matched = planned.verdicts.accounts[planned.verdicts.accounts["is_matched"]]
    tiers = Counter(matched["published_tier"])
    lines = ["Tiers      " + "   ".join(f"{tier} {tiers.get(tier, 0)}" for tier in (*TIERS, NOT_RATED))]
    lines += [*_flags(planned), *portfolio_lines(planned.verdicts)]
    lines.append(plan_line(plan))
    if kept := len(plan.findings) - len(plan.found(Action.ADOPT)):
        lines.append(f"Kept       {counted(kept, 'value')} as people or other programs set them (--json lists them)")
    lines += [f"Guard      {guard.message}" for guard in planned.tripped]
    if plan.changes:
        approval = ' --reason "why it is right"' if planned.tripped else ""
        lines.append(f"Apply with: whalecurve sync --plan {plan.plan_id}{approval}")
    return lines


def _flags(planned: Planned) -> list[str]:
    """Name the accounts whose review begins or ends with this plan."""
    moved = [(change.of("review"), planned.accounts[change.account_id].name) for change in planned.plan.changes]
    up = [name for review, name in moved if review and review.new]
    down = [name for review, name in moved if review and not review.new]
    told = {"put up": up, "taken down": down}
    return [f"Review     flag {what}: {_named(names)}" for what, names in told.items() if names]


def _named(names: Sequence[str]) -> str:
    more = f" and {len(names) - SUBJECTS} more" if len(names) > SUBJECTS else ""
    return ", ".join(names[:SUBJECTS]) + more


def plan_line(plan: Plan) -> str:
    """Return the one-line summary of a plan."""
    fields = sum(len(change.fields) for change in plan.changes)
    unchanged = plan.accounts - len(plan.changes)
    return (
        f"Plan {plan.plan_id}: {counted(len(plan.changes), 'account')}, {counted(fields, 'field')} to write; "
        f"{counted(unchanged, 'account')} unchanged"
    )
