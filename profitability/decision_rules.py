"""What the facts that bear on decisions must not contradict: what was agreed, tried, promised and decided."""

from __future__ import annotations

from profitability.rule import Rule, broken, in_order, known_account, stated, unique, word

_REMEDY = "f.account_id || ' ' || f.remedy || ' from ' || CAST(f.started_on AS VARCHAR)"
_EXEMPTION = "f.account_id || ' ' || f.kind || ' to ' || CAST(f.expires_on AS VARCHAR)"
_PIN = "f.account_id || ' from ' || CAST(f.pinned_on AS VARCHAR)"

DECISION_RULES: tuple[Rule, ...] = (
    unique("contracts", "account_id"),
    unique("decisions", "account_id"),
    unique("deals", "deal_id"),
    unique("cash", "day"),
    known_account("contracts"),
    known_account("remedies"),
    known_account("exemptions"),
    known_account("decisions"),
    known_account("pins"),
    known_account("deals"),
    broken(
        "contracts",
        "f.account_id",
        "f.contracted_seconds < 0",
        what="the time agreed is below zero",
        remedy="state the hours of a year, or leave them null where they are not known",
    ),
    broken(
        "contracts",
        "f.account_id",
        "f.notice_days < 0 OR f.notice_days > 3660 OR f.renewal_months < 0 OR f.renewal_months > 120",
        what="notice or renewal is not between nothing and ten years",
        remedy="state notice in days and renewal in months; 0 months where the contract is not renewed",
    ),
    word("remedies", "remedy", _REMEDY, ("collect", "reduce_cost_to_serve", "renegotiate_scope", "reprice", "migrate")),
    word("remedies", "outcome", _REMEDY, ("worked", "failed", "declined", "lapsed")),
    in_order("remedies", _REMEDY, "started_on", "ended_on"),
    word("exemptions", "kind", _EXEMPTION, ("strategic", "pipeline", "dispute", "legal_hold", "referral")),
    in_order("exemptions", _EXEMPTION, "granted_on", "expires_on"),
    stated("exemptions", _EXEMPTION, "owner", "reason"),
    word("decisions", "decision", "f.account_id", ("open", "keep", "improve_first", "phase_out")),
    word("pins", "tier", _PIN, ("A", "B", "C", "D")),
    in_order("pins", _PIN, "pinned_on", "expires_on"),
    broken(
        "pins",
        _PIN,
        "f.expires_on > f.pinned_on + INTERVAL 12 MONTH",
        what="a tier is pinned for more than 12 months",
        remedy="end the pin within 12 months of its first day; a person may renew it then",
    ),
    stated("pins", _PIN, "owner", "reason"),
    word("deals", "stage", "f.deal_id", ("open", "won")),
    broken(
        "deals",
        "f.deal_id",
        "f.probability_ppm < 0 OR f.probability_ppm > 1000000",
        what="the chance is not between none and certain",
        remedy="state parts per million, 0 to 1,000,000, or null where it is not known",
    ),
    broken(
        "deals",
        "f.deal_id",
        "f.demand_seconds < 0",
        what="the time sold is below zero",
        remedy="correct the deal in the CRM, or leave the time null where it is not known",
    ),
)
