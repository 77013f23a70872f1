"""Records as a file states them: one factory per kind gives a whole one, a test changes what it is about."""

from datetime import date

DAY = date(2025, 1, 31)


def document(number="1", **values):
    whole = {"document_id": number, "kind": "invoice", "issue_date": DAY, "due_date": date(2025, 2, 28)}
    return "document", whole | {"party": "Alfa", "net_minor": 10_000} | values


def payment(number="1", amount=10_000, **values):
    return "settlement", {"document_id": number, "settled_on": DAY, "kind": "payment", "gross_minor": amount} | values


def hours(seconds=3600, **values):
    return "time_entry", {"work_date": DAY, "person": "ada", "worked_seconds": seconds} | values


def posting(amount=100, **values):
    return "gl_line", {"line_date": DAY, "gl_account": "310", "amount_minor": amount} | values


def rate(**values):
    whole = {"person": "ada", "employment": "salaried", "valid_from": date(2025, 1, 1), "valid_to": date(2025, 12, 31)}
    return "cost_rate", whole | {"loaded_cost_minor": 100, "practical_hours_seconds": 3600} | values


def contract(party="Alfa", **values):
    return "contract", {"party": party} | values


def remedy(party="Alfa", **values):
    return "remedy", {"party": party, "remedy": "collect", "started": DAY} | values


def exemption(party="Alfa", **values):
    whole = {"party": party, "kind": "strategic", "owner": "Ada", "reason": "new market", "expires": date(2025, 12, 31)}
    return "exemption", whole | values


def pin(party="Alfa", **values):
    whole = {"party": party, "tier": "B", "owner": "Ada", "reason": "late billing"}
    return "pin", whole | {"pinned": DAY, "expires": date(2025, 6, 30)} | values


def event(name="ticket", count=1, **values):
    return "event", {"event_date": DAY, "party": "Alfa", "event": name, "count": count} | values


def cash(balance=100, **values):
    return "cash", {"day": DAY, "balance_minor": balance} | values


def pool(**values):
    return "pool", {"pool": "rent", "driver": "client_hours", "monthly_amount_minor": 3100} | values
