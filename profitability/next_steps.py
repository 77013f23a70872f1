"""What the decision side says about one account, in lines of text with every figure."""

from __future__ import annotations

from profitability.ratios import decimal_text
from profitability.tables import Row, is_known
from profitability.units import SECONDS_PER_HOUR, money_text

WITHOUT_STEP = "None"

STATES = {
    "watch": "no step is open, and not all conditions of a review hold",
    "wait_for_notice_window": "a review waits until notice can be given",
    "held": "a review is held back",
    "approved": "people decided to phase it out",
}
"""States that a line explains; the others are told by the step itself."""

PRECONDITIONS = {
    "tier_D": "its tier is not D",
    "d_confirmed": "D at one close only (a review takes two in a row)",
    "tenure": "the relationship is young",
    "coverage": "the data are not complete enough",
    "not_recovering": "the last three months are better",
    "no_open_remedy": "a remedy is still open",
    "exit_pays": "an exit would not pay",
    "no_exemption": "an exemption holds",
}
"""What it means that a condition of the review is not met."""


def step_lines(row: Row, currency: str) -> list[str]:
    """Tell the recommended step, what would move the tier, what an exit would do, and what holds a review back.

    Args:
        row: an account with the columns of `profitability.review`, `profitability.levers` and
            `profitability.exit_case`; null where it has none.
        currency: of the books, for the digits of amounts.
    """
    return [
        *_opportunity(row, currency),
        *_step(row, currency),
        *_lever(row, currency),
        *_exit(row, currency),
        *_held(row),
    ]


def _opportunity(row: Row, currency: str) -> list[str]:
    cents = row["opportunity_cost_cents"]
    if not is_known(cents) or cents <= 0:
        return []
    lost = money_text(int(cents), currency)
    return [f"Lost opportunity: {lost} a year if its hours, as far as others ask for them, brought the average."]


def _step(row: Row, currency: str) -> list[str]:
    if row["next_step"] == WITHOUT_STEP:
        return []
    cents = row["next_step_cents"]
    amount = f", {_signed(int(cents), currency)} a year" if is_known(cents) else ""
    return [f"Next step: {row['next_step']}{amount}."]


def _lever(row: Row, currency: str) -> list[str]:
    ways: list[str] = []
    if is_known(row["price_cents"]):
        ways.append(f"{_signed(int(row['price_cents']), currency)} of price ({_percent(row['price_ratio'])})")
    if is_known(row["service_seconds_less"]):
        ways.append(f"{_rounded_up(int(row['service_seconds_less']), SECONDS_PER_HOUR):,} service hours less")
    if is_known(row["late_days"]):
        ways.append(f"payment {row['late_days']:.0f} days earlier")
    return [f"Would reach {row['to_tier']} with {' or '.join(ways)}."] if ways else []


def _exit(row: Row, currency: str) -> list[str]:
    if row["ncp_cents"] >= 0 or not is_known(row["day_one_cents"]):
        return []
    naive, day_one, expected = (
        _signed(int(row[name]), currency) for name in ("naive_cents", "day_one_cents", "expected_cents")
    )
    resold = (
        "" if not is_known(row["redeploy_ratio"]) else f" with {_percent(row['redeploy_ratio'])} of its hours resold"
    )
    even = "" if not is_known(row["breakeven_ratio"]) else f"; break-even at {_percent(row['breakeven_ratio'])}"
    return [f"If it left: {naive} on paper, {day_one} if no hour is resold, {expected} expected{resold}{even}."]


def _held(row: Row) -> list[str]:
    lines = [f"Held: {row['held_by']}."] if row["held_by"] else []
    failed = [PRECONDITIONS[name] for name in row["failed_preconditions"]]
    if failed and row["published_tier"] == "D":
        lines.append(f"No review now: {', '.join(failed)}.")
    elif row["state"] in STATES:
        lines.append(f"Review: {STATES[row['state']]}.")
    return lines


def _signed(cents: int, currency: str) -> str:
    return f"+{money_text(cents, currency)}" if cents > 0 else money_text(cents, currency)


def _percent(share: float) -> str:
    return f"{decimal_text(round(10_000 * share), 2)} %"


def _rounded_up(value: int, unit: int) -> int:
    return -(-value // unit)
