"""What the facts must not contradict: one SELECT per rule, returning the rows that break it."""

from __future__ import annotations

from profitability.decision_rules import DECISION_RULES
from profitability.periods import LONGEST_SERVICE_DAYS
from profitability.rule import Rule, broken, known_account, sound_currency, sound_fx_rate, unique

RESERVED_POOLS = ("unassigned_cost", "fx_difference")

_CLIENT = "('delivery', 'service', 'collection')"
_INTERNAL = "('sales', 'admin', 'training', 'internal')"

_SPAN = "f.person_id || ' from ' || CAST(f.valid_from AS VARCHAR)"
_COST = "CAST(f.cost_date AS VARCHAR) || ' ' || f.kind"
_TIME = "CAST(f.work_date AS VARCHAR) || ' ' || f.person_id || ' ' || f.category"
_POOL = "f.pool || ' ' || CAST(f.month AS VARCHAR)"
_EVENT = "CAST(f.event_date AS VARCHAR) || ' ' || f.account_id || ' ' || f.event"

RULES: tuple[Rule, ...] = (
    unique("accounts", "account_id"),
    unique("documents", "document_id"),
    unique("opening_ecl", "account_id"),
    unique("timesheets", "person_id"),
    unique("pools", "pool", "month"),
    unique("control_totals", "line"),
    known_account("documents"),
    known_account("direct_costs"),
    known_account("time_entries"),
    known_account("events"),
    known_account("opening_ecl"),
    sound_currency("documents", "f.document_id"),
    sound_currency("direct_costs", _COST),
    sound_currency("cost_rates", _SPAN),
    sound_fx_rate("documents", "f.document_id"),
    sound_fx_rate("direct_costs", _COST),
    sound_fx_rate("cost_rates", _SPAN),
    broken(
        "documents",
        "f.document_id || ': ' || f.kind",
        "f.kind NOT IN ('invoice', 'credit_note')",
        what="kind is neither invoice nor credit_note",
        remedy="correct the mapping of the export",
    ),
    broken(
        "documents",
        "f.document_id",
        "f.net_minor < 0 OR f.gross_minor < 0 OR (f.gross_minor = 0 AND f.net_minor > 0)",
        what="net or gross is below zero, or gross is zero where net is not",
        remedy="state amounts as positive in both kinds; gross equals net where no tax is stated",
    ),
    broken(
        "documents",
        "f.document_id",
        "f.service_end < f.service_start OR (f.service_start IS NULL) <> (f.service_end IS NULL)",
        what="the service period ends before it starts, or lacks one of its days",
        remedy="correct the days in the books; state both or neither",
    ),
    broken(
        "documents",
        "f.document_id",
        f"date_diff('day', f.service_start, f.service_end) > {LONGEST_SERVICE_DAYS}",
        what="the service period is longer than ten years",
        remedy="correct the days in the books, or leave both null: the invoice then counts in the month of its issue",
    ),
    Rule(
        "documents",
        "a credit note applies to no invoice, or to one in another currency",
        "name the invoice that it reduces, or leave applies_to null",
        "SELECT n.document_id AS subject FROM documents AS n "
        "INNER JOIN documents AS i ON n.applies_to = i.document_id "
        "WHERE n.kind = 'credit_note' AND (i.kind <> 'invoice' OR i.currency <> n.currency)",
    ),
    Rule(
        "settlements",
        "the document that it settles is not in the documents table",
        "export the documents from an earlier day on",
        "SELECT DISTINCT s.document_id AS subject FROM settlements AS s "
        "LEFT JOIN documents AS d ON s.document_id = d.document_id WHERE d.document_id IS NULL",
    ),
    broken(
        "settlements",
        "f.document_id || ': ' || f.kind",
        "f.kind NOT IN ('payment', 'write_off', 'recovery', 'late_fee')",
        what="kind is none of payment, write_off, recovery, late_fee",
        remedy="correct the mapping of the export",
    ),
    broken(
        "settlements",
        "f.document_id",
        "f.gross_minor <= 0",
        what="the amount is not above zero",
        remedy="leave reversed payments out together with their reversal",
    ),
    Rule(
        "settlements",
        "a recovery on a document of which nothing was written off up to that day",
        "state the write-off, or state the recovery as a payment",
        "SELECT r.document_id || ' on ' || CAST(r.settled_on AS VARCHAR) AS subject FROM settlements AS r "
        "LEFT JOIN (SELECT document_id, min(settled_on) AS first_day FROM settlements "
        "WHERE kind = 'write_off' GROUP BY document_id) AS w "
        "ON r.document_id = w.document_id AND r.settled_on >= w.first_day "
        "WHERE r.kind = 'recovery' AND w.document_id IS NULL",
    ),
    broken(
        "direct_costs",
        _COST,
        "f.kind NOT IN ('pass_through', 'contractor', 'expense')",
        what="kind is none of pass_through, contractor, expense",
        remedy="correct the map of bookkeeping accounts",
    ),
    broken(
        "time_entries",
        _TIME,
        "f.worked_seconds < 0",
        what="time is below zero",
        remedy="correct the entry in the time tool",
    ),
    broken(
        "time_entries",
        _TIME,
        f"f.category NOT IN {_CLIENT} AND f.category NOT IN {_INTERNAL}",
        what="the category is not one of ours",
        remedy="correct the map of tasks",
    ),
    broken(
        "time_entries",
        _TIME,
        f"f.category IN {_CLIENT} AND f.account_id IS NULL",
        what="delivery, service or collection time names no account",
        remedy="name the party as `unmatched:<name>`, or give the time an internal category",
    ),
    broken(
        "cost_rates",
        _SPAN,
        "f.employment NOT IN ('salaried', 'hourly')",
        what="employment is neither salaried nor hourly",
        remedy="correct the rates file",
    ),
    broken(
        "cost_rates",
        _SPAN,
        "f.valid_to < f.valid_from",
        what="the span ends before it starts",
        remedy="correct the rates file; both days are inclusive",
    ),
    broken(
        "cost_rates",
        _SPAN,
        "f.employment = 'salaried' AND (f.loaded_cost_minor IS NULL OR f.loaded_cost_minor < 0 "
        "OR f.practical_seconds IS NULL OR f.practical_seconds <= 0)",
        what="a salaried span lacks its cost or its practical time",
        remedy="state loaded cost (0 or more) and practical hours (above 0) of the whole span",
    ),
    broken(
        "cost_rates",
        _SPAN,
        "f.employment = 'hourly' AND (f.cost_per_hour_minor IS NULL OR f.cost_per_hour_minor < 0)",
        what="an hourly span lacks its cost of an hour",
        remedy="state the cost of an hour, 0 or more",
    ),
    Rule(
        "cost_rates",
        "spans of one person overlap",
        "end one span on the day before the next begins",
        "SELECT person_id || ' from ' || CAST(valid_from AS VARCHAR) AS subject FROM ("
        "SELECT person_id, valid_from, lag(valid_to) OVER ("
        "PARTITION BY person_id ORDER BY valid_from ASC, valid_to ASC) AS former_to FROM cost_rates) AS s "
        "WHERE former_to >= valid_from",
    ),
    broken(
        "pools",
        _POOL,
        "extract(DAY FROM f.month) <> 1",
        what="the month is not given by its first day",
        remedy="state one row per month, dated on its first day",
    ),
    broken(
        "pools",
        _POOL,
        "(f.amount_cents IS NULL) = (f.from_categories IS NULL)",
        what="the pool has both an amount and categories, or neither",
        remedy="state the amount, or the internal categories whose labour it is",
    ),
    broken(
        "pools",
        _POOL,
        "f.driver NOT IN ('client_hours', 'documents', 'events', 'none')",
        what="the driver is none of client_hours, documents, events, none",
        remedy="correct the pools file",
    ),
    broken(
        "pools",
        _POOL,
        "(f.driver = 'events') = (f.practical_seconds IS NULL) OR f.practical_seconds <= 0",
        what="a pool with driver events lacks its practical time, or another pool has one",
        remedy="state the practical time (above 0) that the month's amount pays for, with driver events alone",
    ),
    broken(
        "pools",
        _POOL,
        "f.avoidable_ppm < 0 OR f.avoidable_ppm > 1000000",
        what="the avoidable share is not between none and all of the pool",
        remedy="state the share that disappears when an account leaves, 0 to 100 %",
    ),
    broken(
        "pools",
        _POOL,
        "trim(f.pool) = ''",
        what="the pool has no name",
        remedy="name the pool: its line in the statement is called by it",
    ),
    broken(
        "pools",
        _POOL,
        f"f.pool IN {RESERVED_POOLS} OR left(f.pool, 12) = 'unallocated_' OR left(f.pool, 9) = 'unpooled_' "
        "OR left(f.pool, 7) = 'unused_' OR (f.driver = 'events' AND f.pool = 'capacity')",
        what="the name is one of our own lines",
        remedy="rename the pool; what no account carries is computed, never given",
    ),
    broken(
        "pools",
        _POOL,
        "replace(replace(replace(replace('+' || f.from_categories || '+', '+sales+', '+'), '+admin+', '+'), "
        "'+training+', '+'), '+internal+', '+') <> '+'",
        what="from_categories names something other than sales, admin, training, internal",
        remedy="join internal categories by +, each once",
    ),
    Rule(
        "pools",
        "two pools take the labour of one category in the same month",
        "give each internal category to one pool",
        "SELECT CAST(f.month AS VARCHAR) || ' ' || c.category AS subject FROM pools AS f "
        "INNER JOIN (SELECT DISTINCT category FROM time_entries) AS c "
        "ON '+' || f.from_categories || '+' LIKE '%+' || c.category || '+%' "
        "GROUP BY f.month, c.category HAVING count(*) > 1",
    ),
    broken(
        "events",
        _EVENT,
        "f.events < 0 OR f.estimated_seconds < 0 OR (f.events = 0 AND f.estimated_seconds > 0)",
        what="a number of events or their time is below zero, or there is time without an event",
        remedy="correct the events file, or the time equation of the event",
    ),
    Rule(
        "events",
        "the pool that pays for an event is not there in its month with driver events",
        "add the pool for that month with driver events, or correct the event's pool",
        f"SELECT {_EVENT} || ' ' || f.pool AS subject FROM events AS f "  # noqa: S608 (own names)
        "INNER JOIN months AS m ON f.event_date BETWEEN m.month AND m.last_day "
        "LEFT JOIN pools AS o ON f.pool = o.pool AND m.month = o.month AND o.driver = 'events' "
        "WHERE o.pool IS NULL",
    ),
    broken(
        "timesheets",
        "f.person_id",
        "f.expected_weeks < 0 OR f.submitted_weeks < 0",
        what="a number of weeks is below zero",
        remedy="correct the timesheets file",
    ),
    broken(
        "control_totals",
        "f.line",
        "f.line NOT IN ('net_revenue', 'pass_through', 'contractors', 'direct_expenses', 'payroll', 'pools', "
        "'ledger_profit')",
        what="the line is not one that can be compared",
        remedy="name net_revenue, pass_through, contractors, direct_expenses, payroll, pools or ledger_profit",
    ),
    *DECISION_RULES,
)
