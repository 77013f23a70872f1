"""Why an account stands where it stands: an additive explanation, and two texts.

portfolio margin - own margin = sum over cost lines of (line / AGI - total of the line / total AGI): every cost line
explains its part of the gap, and nothing is left over.
"""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Any

import pandas as pd

from profitability.next_steps import step_lines
from profitability.policy import Policy
from profitability.ratios import decimal_text, ratio, rounded_text
from profitability.statement import line_named
from profitability.tables import Row, is_known
from profitability.tiers import NOT_RATED
from profitability.units import money_text

REASON_LENGTH = 255
DRIVERS_TOLD = 3

MEANINGS = {
    "A": "carries the firm",
    "B": "earns its keep",
    "C": "covers its own cost, not enough of the shared",
    "D": "does not cover the costs it causes",
    "N": "not rated",
}
"""What a tier means, in the words of the tier field's list in `config/fields.toml`."""

UNRATED = {
    "unmatched": "this customer of the books is not linked to an account",
    "unknown_currency_rate": "an amount in foreign currency has no known exchange rate",
    "short_tenure": "the relationship is too young",
    "dormant": "no document and no hours in recent months",
    "no_time_data": "no hours are logged, so the cost of the work is unknown",
    "low_coverage": "too little of the data behind the tier is complete",
}


def explain_gaps(accounts: pd.DataFrame, cost_lines: tuple[str, ...]) -> pd.DataFrame:
    """Split each account's distance to the portfolio margin into its cost lines.

    Args:
        accounts: account_id, agi_cents, ncp_cents and `<line>_cents` of every cost line.
        cost_lines: all lines between AGI and NCP, in the order of the statement.

    Returns:
        One row per account with AGI > 0 (none where the portfolio has no AGI), in the order given: account_id,
        gap_ratio (portfolio margin - own margin), one float64 column per cost line (parts of that ratio, above zero
        where the account costs more than the portfolio), top_drivers (up to three lines, largest first).
    """
    total_agi = int(accounts["agi_cents"].sum())
    explained = accounts[(accounts["agi_cents"] > 0) & (total_agi > 0)]
    agi = explained["agi_cents"]
    total_ncp = int(accounts["ncp_cents"].sum())
    gap = total_ncp / total_agi - ratio(explained["ncp_cents"], agi) if total_agi > 0 else agi.astype("float64")
    parts = {
        line: ratio(explained[f"{line}_cents"], agi) - int(accounts[f"{line}_cents"].sum()) / max(total_agi, 1)
        for line in cost_lines
    }
    table = pd.DataFrame({"account_id": explained["account_id"], "gap_ratio": gap, **parts})
    return table.assign(top_drivers=_top_drivers(table[list(cost_lines)])).reset_index(drop=True)


def _top_drivers(parts: pd.DataFrame) -> pd.Series[Any]:
    """Return the lines that move each account furthest from the portfolio; the earlier line where equal."""
    lines = list(parts.columns)
    # Rounded so that noise in the last digits of a float never orders two equal parts.
    furthest = (-parts.abs().round(12)).to_numpy().argsort(axis=1, kind="stable")[:, :DRIVERS_TOLD]
    drivers = [tuple(lines[index] for index in row) for row in furthest]
    return pd.Series(drivers, index=parts.index, dtype="object")


def add_reasons(
    accounts: pd.DataFrame, explanation: pd.DataFrame, policy: Policy, *, through: date, currency: str
) -> pd.DataFrame:
    """Write the two texts of each account.

    Args:
        accounts: published_tier, unrated_reason, tier_since, coverage_centi, the figures of the statement, and what
            `profitability.next_steps.step_lines` tells of the decision.
        explanation: from `explain_gaps`.
        policy: the limits to quote.
        through: last day of the window.
        currency: of the books, for the digits of amounts.

    Returns:
        The accounts, with reason (at most 255 characters, without a figure, so that nobody can infer a rate) and
        reasons (one per line, each with its number and its limit, for those who may see money).
    """
    gaps = explanation.set_index("account_id").to_dict("index")
    rows = [(row, gaps.get(row["account_id"])) for row in accounts.to_dict("records")]
    headlines = [_headline(row, through) for row, _ in rows]
    long = ["\n".join([top, *_figures(*row, policy, currency)]) for top, row in zip(headlines, rows, strict=True)]
    return accounts.assign(
        reason=pd.Series([_reason(*row) for row in rows], accounts.index, dtype="str"),
        reasons=pd.Series(long, accounts.index, dtype="str"),
    )


def _reason(row: Row, gap: Row | None) -> str:
    tier = str(row["published_tier"])
    text = f"{tier}: {MEANINGS[tier]}."
    if tier == NOT_RATED:
        return f"{text[:-1]}, because {UNRATED[row['unrated_reason']]}." if row["unrated_reason"] else text
    if row["is_pinned"]:
        text = f"{tier}: set by a person for a time."
    if row["is_group"]:
        text = f"{text} Rated together with its group."
    above = [line_named(line).words for line in _drivers(gap) if gap[line] > 0] if gap else []
    for count in range(len(above), 0, -1):
        told = f"{text} Costs above average for its income: {', '.join(above[:count])}."
        if len(told) <= REASON_LENGTH:
            return told
    return text


def _drivers(gap: Row) -> list[str]:
    """Return the top drivers that show in hundredths of a point."""
    return [line for line in gap["top_drivers"] if round(gap[line], 4)]


def _figures(row: Row, gap: Row | None, policy: Policy, currency: str) -> list[str]:
    agi, cm3, ncp = (money_text(int(row[name]), currency) for name in ("agi_cents", "cm3_cents", "ncp_cents"))
    limits = policy.tiers
    lines = [f"These figures give no tier: {UNRATED[row['unrated_reason']]}."] if row["unrated_reason"] else []
    lines.append(f"Fees less passed-through cost (AGI): {agi}.")
    lines.append(f"Left after the costs it causes (CM3): {cm3}; D below {money_text(0, currency)}.")
    margin = f"{rounded_text(row['ncp_cents'], row['agi_cents'], 2)} % of AGI" if row["agi_cents"] > 0 else "no margin"
    lines.append(
        f"Net client profit: {ncp}, {margin}; B from {_percent(limits.margin_b)}, A from {_percent(limits.margin_a)}."
    )
    if is_known(row["rank"]) and row["rank"] != row["agi_rank"]:
        lines.append(f"Place: {row['rank']} by profit, {row['agi_rank']} by income.")
    lines.extend(_place(row, policy))
    lines.append(
        f"Data coverage: {decimal_text(row['coverage_centi'], 2)} of 100; "
        f"rated from {limits.coverage_rate_min}, final from {limits.coverage_final_min}."
    )
    if gap is not None and (drivers := _drivers(gap)):
        told = ", ".join(f"{line_named(line).words} {_points(gap[line])}" for line in drivers)
        lines.append(f"Points below the portfolio's margin: {_points(gap['gap_ratio'])}; largest parts: {told}.")
    return [*lines, *step_lines(row, currency)]


def _headline(row: Row, through: date) -> str:
    tier = str(row["published_tier"])
    since = str(row["tier_since"])[:10]
    meaning = "set by a person for a time" if row["is_pinned"] else MEANINGS[tier]
    text = f"{tier}: {meaning}; since {since}, figures through {through.isoformat()}."
    if row["indicative_tier"] == tier:
        return text
    return (
        f"{text} These figures alone would give {row['indicative_tier']}; "
        "a tier moves only at a month's close, past the dead band, and when the move lasts."
    )


def _place(row: Row, policy: Policy) -> list[str]:
    before, total = row["positive_before_cents"], row["positive_total_cents"]
    if pd.isna(before):
        return []
    share = rounded_text(before, total, 2)
    return [f"Profit earned by the accounts before it: {share} %; A below {_percent(policy.tiers.pareto_head)}."]


def _percent(limit: Fraction) -> str:
    return f"{float(100 * limit):g} %"


def _points(part: float) -> str:
    return f"{100 * part:+.2f}"
