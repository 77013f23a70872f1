"""From verdicts to field values: what each account's record should say. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import pandas as pd

from connectors.base import FieldSpec, FieldValue
from profitability.tables import is_known
from profitability.units import from_minor
from profitability.verdicts import Verdicts
from sync.plan import WantedFields


def wanted_fields(verdicts: Verdicts, fields: Sequence[FieldSpec]) -> list[WantedFields]:
    """Return what the record of each matched account with facts should hold.

    Only fields in use are asked for.
    """
    keys = {spec.key for spec in fields if spec.owner == "product"}
    rows = verdicts.accounts[verdicts.accounts["is_matched"]].to_dict("records")
    return [
        WantedFields(
            account_id=row["account_id"],
            values={key: value for key, value in _values(row, verdicts).items() if key in keys},
            reason=row["reason"],
        )
        for row in rows
    ]


def _values(row: Mapping[Any, Any], verdicts: Verdicts) -> dict[str, FieldValue]:
    tier = row["published_tier"]
    return {
        "tier": tier,
        "tier_since": _day(row["tier_since"]),
        "tier_status": row["tier_status"],
        "reason": row["reason"],
        "reasons": row["reasons"],
        "review": bool(row["review"]),
        "next_step": row["next_step"],
        "next_step_amount": _amount(row["next_step_cents"], verdicts.home_currency),
        "notice_by": _day(row["notice_by"]),
        "net_12m": from_minor(int(row["ncp_cents"]), verdicts.home_currency),
        "margin_pct": _margin_pct(int(row["ncp_cents"]), int(row["agi_cents"])),
        "coverage": Decimal(int(row["coverage"])),
        "figures_through": verdicts.window.last_day,
    }


def _day(moment: Any) -> FieldValue:  # noqa: ANN401 (a cell of a frame)
    return pd.Timestamp(moment).date() if is_known(moment) else None


def _amount(cents: Any, currency: str) -> FieldValue:  # noqa: ANN401 (a cell of a frame)
    return from_minor(int(cents), currency) if is_known(cents) else None


def _margin_pct(profit_cents: int, agi_cents: int) -> Decimal | None:
    """Return the margin in percent, unrounded (the field's scale rounds it); None where there is no income."""
    return Decimal(100 * profit_cents) / Decimal(agi_cents) if agi_cents > 0 else None
