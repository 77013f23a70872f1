"""What the facts must not contradict: one SELECT per rule, returning the rows that break it."""

from __future__ import annotations

from dataclasses import dataclass

RESERVED_POOLS = ("unused_capacity", "unassigned_cost", "fx_difference")

_CLIENT = "('delivery', 'service', 'collection')"
_INTERNAL = "('sales', 'admin', 'training', 'internal')"


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule on a fact table.

    Attributes:
        table: where it is broken.
        what: what is wrong with the rows found.
        remedy: what to do about them.
        sql: SELECT of one text column `subject`: the rows that break the rule.
    """

    table: str
    what: str
    remedy: str
    sql: str


def _unique(table: str, *keys: str) -> Rule:
    columns = ", ".join(keys)
    subject = " || ' ' || ".join(f"CAST({key} AS VARCHAR)" for key in keys)
    return Rule(
        table,
        f"{' and '.join(keys)} stated more than once",
        "keep one row each; a second source of the same facts would count twice",
        f"SELECT {subject} AS subject FROM {table} GROUP BY {columns} HAVING count(*) > 1",  # noqa: S608 (own names)
    )


def _known_account(table: str) -> Rule:
    return Rule(
        table,
        "account_id is not in the accounts table",
        "add the account, or the party as `unmatched:<name>` with is_matched false",
        f"SELECT DISTINCT f.account_id AS subject FROM {table} AS f "  # noqa: S608 (own names)
        "LEFT JOIN accounts AS a ON f.account_id = a.account_id "
        "WHERE f.account_id IS NOT NULL AND a.account_id IS NULL",
    )


def _broken(table: str, subject: str, condition: str, *, what: str, remedy: str) -> Rule:
    sql = f"SELECT {subject} AS subject FROM {table} AS f WHERE {condition}"  # noqa: S608 (own names)
    return Rule(table, what, remedy, sql)


def _currency(table: str, subject: str) -> Rule:
    return Rule(
        table,
        "fx_rate_e12 is not above zero, or not 10^12 on a row in the home currency",
        "leave the rate null where it is not known",
        f"SELECT {subject} AS subject FROM {table} AS f CROSS JOIN params AS p "  # noqa: S608 (own names)
        "WHERE f.fx_rate_e12 <= 0 OR (f.currency = p.home_currency AND f.fx_rate_e12 <> 1000000000000)",
    )


_SPAN = "f.person_id || ' from ' || CAST(f.valid_from AS VARCHAR)"
_COST = "CAST(f.cost_date AS VARCHAR) || ' ' || f.kind"
_TIME = "CAST(f.work_date AS VARCHAR) || ' ' || f.person_id || ' ' || f.category"
_POOL = "f.pool || ' ' || CAST(f.month AS VARCHAR)"

RULES: tuple[Rule, ...] = (
    _unique("accounts", "account_id"),
    _unique("documents", "document_id"),
    _unique("opening_ecl", "account_id"),
    _unique("contracts", "account_id"),
    _unique("timesheets", "person_id"),
    _unique("pools", "pool", "month"),
    _unique("control_totals", "line"),
    _known_account("documents"),
    _known_account("direct_costs"),
    _known_account("time_entries"),
    _known_account("opening_ecl"),
    _known_account("contracts"),
    _currency("documents", "f.document_id"),
    _currency("direct_costs", _COST),
    _currency("cost_rates", _SPAN),
    _broken(
        "documents",
        "f.document_id || ': ' || f.kind",
        "f.kind NOT IN ('invoice', 'credit_note')",
        what="kind is neither invoice nor credit_note",
        remedy="correct the mapping of the export",
    ),
    _broken(
        "documents",
        "f.document_id",
        "f.net_minor < 0 OR f.gross_minor < 0 OR (f.gross_minor = 0 AND f.net_minor > 0)",
        what="net or gross is below zero, or gross is zero where net is not",
        remedy="state amounts as positive in both kinds; gross equals net where no tax is stated",
    ),
    _broken(
        "documents",
        "f.document_id",
        "f.service_end < f.service_start",
        what="the service period ends before it starts",
        remedy="correct the dates in the books",
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
    _broken(
        "settlements",
        "f.document_id || ': ' || f.kind",
        "f.kind NOT IN ('payment', 'write_off')",
        what="kind is neither payment nor write_off",
        remedy="correct the mapping of the export",
    ),
    _broken(
        "settlements",
        "f.document_id",
        "f.gross_minor <= 0",
        what="the amount is not above zero",
        remedy="leave reversed payments out together with their reversal",
    ),
    _broken(
        "direct_costs",
        _COST,
        "f.kind NOT IN ('pass_through', 'contractor', 'expense')",
        what="kind is none of pass_through, contractor, expense",
        remedy="correct the map of bookkeeping accounts",
    ),
    _broken(
        "time_entries",
        _TIME,
        "f.worked_seconds < 0",
        what="time is below zero",
        remedy="correct the entry in the time tool",
    ),
    _broken(
        "time_entries",
        _TIME,
        f"f.category NOT IN {_CLIENT} AND f.category NOT IN {_INTERNAL}",
        what="the category is not one of ours",
        remedy="correct the map of tasks",
    ),
    _broken(
        "time_entries",
        _TIME,
        f"f.category IN {_CLIENT} AND f.account_id IS NULL",
        what="delivery, service or collection time names no account",
        remedy="name the party as `unmatched:<name>`, or give the time an internal category",
    ),
    _broken(
        "cost_rates",
        _SPAN,
        "f.employment NOT IN ('salaried', 'hourly')",
        what="employment is neither salaried nor hourly",
        remedy="correct the rates file",
    ),
    _broken(
        "cost_rates",
        _SPAN,
        "f.valid_to < f.valid_from",
        what="the span ends before it starts",
        remedy="correct the rates file; both days are inclusive",
    ),
    _broken(
        "cost_rates",
        _SPAN,
        "f.employment = 'salaried' AND (f.loaded_cost_minor IS NULL OR f.loaded_cost_minor < 0 "
        "OR f.practical_seconds IS NULL OR f.practical_seconds <= 0)",
        what="a salaried span lacks its cost or its practical time",
        remedy="state loaded cost (0 or more) and practical hours (above 0) of the whole span",
    ),
    _broken(
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
    _broken(
        "pools",
        _POOL,
        "extract(DAY FROM f.month) <> 1",
        what="the month is not given by its first day",
        remedy="state one row per month, dated on its first day",
    ),
    _broken(
        "pools",
        _POOL,
        "(f.amount_cents IS NULL) = (f.from_categories IS NULL)",
        what="the pool has both an amount and categories, or neither",
        remedy="state the amount, or the internal categories whose labour it is",
    ),
    _broken(
        "pools",
        _POOL,
        "f.driver NOT IN ('client_hours', 'documents', 'none')",
        what="the driver is none of client_hours, documents, none",
        remedy="correct the pools file",
    ),
    _broken(
        "pools",
        _POOL,
        f"f.pool IN {RESERVED_POOLS} OR left(f.pool, 12) = 'unallocated_' OR left(f.pool, 9) = 'unpooled_'",
        what="the name is one of our own lines",
        remedy="rename the pool; what no account carries is computed, never given",
    ),
    _broken(
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
    _broken(
        "timesheets",
        "f.person_id",
        "f.expected_weeks < 0 OR f.submitted_weeks < 0",
        what="a number of weeks is below zero",
        remedy="correct the timesheets file",
    ),
    _broken(
        "control_totals",
        "f.line",
        "f.line NOT IN ('net_revenue', 'pass_through', 'contractors', 'direct_expenses', 'payroll', 'pools', "
        "'ledger_profit')",
        what="the line is not one that can be compared",
        remedy="name net_revenue, pass_through, contractors, direct_expenses, payroll, pools or ledger_profit",
    ),
)
