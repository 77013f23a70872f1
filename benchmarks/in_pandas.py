"""The account statement in plain vectorised pandas, as an analyst would write it: floats, one rounding per posting.

It leaves out what `in_polars.py` leaves out, and the exact ties of the largest remainder.
"""

from __future__ import annotations

from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

FIRST, LAST = pd.Timestamp(2025, 1, 1), pd.Timestamp(2025, 12, 31)
FX_ONE = 1e12
CAPITAL = 0.10 / 365
LOSS_AFTER, LOSS = [-np.inf, 0, 30, 60, 90, np.inf], [0.005, 0.015, 0.04, 0.10, 0.35]
CLIENT = {"delivery": "delivery_labour", "service": "service_labour", "collection": "late_collection_labour"}
COSTS = {"pass_through": "pass_through", "contractor": "contractors", "expense": "direct_expenses"}
KEYS = ["account_id", "month", "line"]


def account_lines(folder: Path) -> pd.DataFrame:
    """Return one row per account, month and line: account_id, month (datetime64), line, amount_cents (float64)."""
    documents = _documents(folder)
    settlements = _settlements(folder, documents)
    time = _labour(folder)
    client = time[time["account_id"].notna()]
    parts = [
        _revenue(documents),
        _direct_costs(folder),
        _line(client, client["category"].map(CLIENT)),
        _late_financing(documents, settlements),
        _expected_loss(documents, settlements),
        _read(folder, "opening_ecl").assign(
            month=LAST.replace(day=1), line="ecl_movement", amount_cents=lambda rows: -rows["amount_cents"]
        ),
        _write_offs(settlements),
        _shared(folder, documents, time),
    ]
    whole = pd.concat([part[[*KEYS, "amount_cents"]] for part in parts])
    return whole.groupby(KEYS, as_index=False)["amount_cents"].sum()


def statement(lines: pd.DataFrame) -> pd.DataFrame:
    """Return one row per account, one column per line."""
    return lines.pivot_table(index="account_id", columns="line", values="amount_cents", aggfunc="sum", fill_value=0)


def _read(folder: Path, table: str) -> pd.DataFrame:
    # pandas reads Parquet through pyarrow or DuckDB; this is the faster here.
    return duckdb.sql(f"FROM '{folder / table}.parquet'").df()


def _month(days: pd.Series) -> pd.Series:
    return days - pd.to_timedelta(days.dt.day - 1, unit="D")


def _line(rows: pd.DataFrame, line: object) -> pd.DataFrame:
    return rows.assign(line=line)


def _documents(folder: Path) -> pd.DataFrame:
    rows = _read(folder, "documents")
    rate = rows["fx_rate_e12"].astype("float64") / FX_ONE
    return rows.assign(
        due=rows[["issue_date", "due_date"]].max(axis=1),
        rate=rate.where(rows["currency"] != "EUR", 1.0),
        net_cents=lambda table: (table["net_minor"] * table["rate"]).round(),
        is_invoice=rows["kind"] == "invoice",
    )


def _settlements(folder: Path, documents: pd.DataFrame) -> pd.DataFrame:
    paid = _read(folder, "settlements")
    notes = documents[~documents["is_invoice"] & documents["applies_to"].notna()]
    noted = pd.DataFrame(
        {
            "document_id": notes["applies_to"],
            "settled_on": notes["issue_date"],
            "kind": "note",
            "gross_minor": notes["gross_minor"],
        }
    )
    invoices = documents.loc[documents["is_invoice"], ["document_id", "account_id", "due", "rate"]].assign(
        share=documents["net_minor"] / documents["gross_minor"]
    )
    return pd.concat([paid, noted]).merge(invoices, on="document_id")


def _revenue(documents: pd.DataFrame) -> pd.DataFrame:
    known = documents[documents["net_cents"].notna()]
    has_period = known["is_invoice"] & known["service_start"].notna() & known["service_end"].notna()
    once = known[~has_period & known["issue_date"].between(FIRST, LAST)]
    at_once = once.assign(
        month=_month(once["issue_date"]),
        line=np.where(once["is_invoice"], "gross_billings", "credit_notes"),
        amount_cents=once["net_cents"],
    )
    spread = known[has_period & (known["service_end"] >= FIRST) & (known["service_start"] <= LAST)]
    months = pd.DataFrame({"month": pd.date_range(FIRST, LAST, freq="MS")})
    rows = spread.merge(months, how="cross")
    last_day = rows["month"] + pd.offsets.MonthEnd(0)
    days = (rows["service_end"].clip(upper=last_day) - rows["service_start"].clip(lower=rows["month"])).dt.days + 1
    whole = (rows["service_end"] - rows["service_start"]).dt.days + 1
    served = rows.assign(line="gross_billings", amount_cents=(rows["net_cents"] * days / whole).round())[days > 0]
    return pd.concat([at_once[[*KEYS, "amount_cents"]], served[[*KEYS, "amount_cents"]]])


def _direct_costs(folder: Path) -> pd.DataFrame:
    rows = _read(folder, "direct_costs")
    rows = rows[rows["account_id"].notna() & rows["cost_date"].between(FIRST, LAST)]
    rate = (rows["fx_rate_e12"].astype("float64") / FX_ONE).where(rows["currency"] != "EUR", 1.0)
    cents = (rows["amount_minor"] * rate).round()
    return rows.assign(month=_month(rows["cost_date"]), line=rows["kind"].map(COSTS), amount_cents=cents)


def _labour(folder: Path) -> pd.DataFrame:
    entries = _read(folder, "time_entries")
    entries = entries[entries["work_date"].between(FIRST, LAST)].sort_values("work_date")
    rates = _read(folder, "cost_rates").sort_values("valid_from")
    timed = pd.merge_asof(
        entries, rates, left_on="work_date", right_on="valid_from", by="person_id", direction="backward"
    )
    timed = timed[timed["work_date"] <= timed["valid_to"]].assign(month=lambda rows: _month(rows["work_date"]))
    timed["account_id"] = timed["account_id"].where(timed["category"].isin(list(CLIENT)))
    keys = ["person_id", "account_id", "category", "month", "valid_from"]
    worked = timed.groupby(keys, as_index=False, dropna=False)["worked_seconds"].sum()
    worked = worked.merge(rates, on=["person_id", "valid_from"])
    rate = (worked["fx_rate_e12"].astype("float64") / FX_ONE).where(worked["currency"] != "EUR", 1.0)
    loaded = (worked["loaded_cost_minor"].astype("float64") * rate).round()
    worked = worked.merge(_stretch(worked, rates), on=["person_id", "month"], how="left")
    by_span = worked["worked_seconds"] * loaded / worked["practical_seconds"].astype("float64") * worked["stretch"]
    by_hour = worked["worked_seconds"] / 3600 * worked["cost_per_hour_minor"].astype("float64") * rate
    is_hourly = worked["employment"] == "hourly"
    return worked.assign(amount_cents=by_hour.where(is_hourly, by_span).round())


def _stretch(worked: pd.DataFrame, rates: pd.DataFrame) -> pd.DataFrame:
    """Return by person and month how far practical time reaches over what was logged, at most 1."""
    salaried = rates[rates["employment"] == "salaried"]
    months = pd.DataFrame({"month": pd.date_range("2023-01-01", "2026-12-01", freq="MS")})
    rows = salaried.merge(months, how="cross")
    last_day = rows["month"] + pd.offsets.MonthEnd(0)
    days = (rows["valid_to"].clip(upper=last_day) - rows["valid_from"].clip(lower=rows["month"])).dt.days + 1
    rows = rows.assign(weight=(days / last_day.dt.day))[days > 0]
    share = rows["weight"] / rows.groupby(["person_id", "valid_from"])["weight"].transform("sum")
    practical = (rows["practical_seconds"].astype("float64") * share).groupby([rows["person_id"], rows["month"]]).sum()
    logged = worked[worked["employment"] == "salaried"].groupby(["person_id", "month"])["worked_seconds"].sum()
    stretch = (practical / logged).clip(upper=1)
    return stretch.rename("stretch").dropna().reset_index()


def _late_financing(documents: pd.DataFrame, settlements: pd.DataFrame) -> pd.DataFrame:
    is_late = documents["is_invoice"] & (documents["due"] < LAST) & documents["rate"].notna()
    overdue = documents[is_late & ~documents["is_disputed"] & (documents["gross_minor"] > 0)]
    steps = pd.concat(
        [
            pd.DataFrame({"document_id": overdue["document_id"], "after": overdue["due"], "lowered": 0}),
            pd.DataFrame(
                {
                    "document_id": settlements["document_id"],
                    "after": settlements[["settled_on", "due"]].max(axis=1),
                    "lowered": settlements["gross_minor"],
                }
            )[(settlements["settled_on"] < LAST).to_numpy()],
        ]
    )
    steps = steps.groupby(["document_id", "after"], as_index=False)["lowered"].sum()
    by_document = steps.groupby("document_id")
    steps["lowered"] = by_document["lowered"].cumsum()
    steps["until"] = by_document["after"].shift(-1).fillna(LAST)
    columns = ["document_id", "account_id", "gross_minor", "net_minor", "rate"]
    steps = steps[steps["until"] >= FIRST].merge(overdue[columns], on="document_id")
    steps = steps[steps["lowered"] < steps["gross_minor"]]
    left = (steps["gross_minor"] - steps["lowered"]) * steps["net_minor"] / steps["gross_minor"]
    steps["balance"] = (left * steps["rate"]).round()
    posted = []
    for month in pd.date_range(FIRST, LAST, freq="MS"):
        before, last_day = month - pd.Timedelta(days=1), month + pd.offsets.MonthEnd(0)
        days = (steps["until"].clip(upper=last_day) - steps["after"].clip(lower=before)).dt.days.clip(lower=0)
        cent_days = (steps["balance"] * days)[days > 0]
        keys = [steps["document_id"], steps["account_id"]]
        cost = (cent_days.groupby(keys).sum() * CAPITAL).round()
        posted.append(cost.rename("amount_cents").reset_index().assign(month=month))
    return pd.concat(posted).assign(line="late_financing")


def _expected_loss(documents: pd.DataFrame, settlements: pd.DataFrame) -> pd.DataFrame:
    lowered = settlements[settlements["settled_on"] <= LAST].groupby("document_id")["gross_minor"].sum()
    rows = documents[documents["is_invoice"] & (documents["issue_date"] <= LAST) & documents["rate"].notna()]
    still = rows["gross_minor"] - rows["document_id"].map(lowered).fillna(0)
    rows = rows.assign(still=still)[still > 0]
    open_cents = (rows["still"] * rows["net_minor"] / rows["gross_minor"] * rows["rate"]).round()
    share = pd.cut((LAST - rows["due"]).dt.days, LOSS_AFTER, labels=False).map(dict(enumerate(LOSS)))
    return rows.assign(month=LAST.replace(day=1), line="ecl_movement", amount_cents=(open_cents * share).round())


def _write_offs(settlements: pd.DataFrame) -> pd.DataFrame:
    rows = settlements[(settlements["kind"] == "write_off") & settlements["settled_on"].between(FIRST, LAST)]
    rows = rows[rows["rate"].notna()]
    cents = (rows["gross_minor"] * rows["share"] * rows["rate"]).round()
    return rows.assign(month=_month(rows["settled_on"]), line="write_offs", amount_cents=cents)


def _shared(folder: Path, documents: pd.DataFrame, time: pd.DataFrame) -> pd.DataFrame:
    internal = time[time["account_id"].isna()].groupby(["month", "category"], as_index=False)["amount_cents"].sum()
    pools = _read(folder, "pools")
    pools = pools[pools["month"].between(FIRST, LAST) & pools["driver"].isin(["client_hours", "documents"])]
    named = pools[pools["from_categories"].notna()].assign(category=lambda rows: rows["from_categories"].str.split("+"))
    own = named.explode("category").merge(internal, on=["month", "category"], suffixes=("", "_own"))
    own_cents = own.groupby(["pool", "month"])["amount_cents_own"].sum().reset_index()
    pools = pools.merge(own_cents, on=["pool", "month"], how="left")
    pools["pool_cents"] = pools["amount_cents"].astype("float64").fillna(pools["amount_cents_own"]).fillna(0)
    hours = time[time["account_id"].notna()].groupby(["account_id", "month"], as_index=False)["worked_seconds"].sum()
    hours = hours.rename(columns={"worked_seconds": "weight"}).query("weight > 0").assign(driver="client_hours")
    billed = documents[documents["issue_date"].between(FIRST, LAST)]
    issued = billed.assign(month=_month(billed["issue_date"])).groupby(["account_id", "month"]).size()
    issued = issued.rename("weight").reset_index().assign(driver="documents")
    rows = pd.concat([hours, issued]).merge(pools[["pool", "month", "driver", "pool_cents"]], on=["driver", "month"])
    exact = rows["pool_cents"] * rows["weight"] / rows.groupby(["pool", "month"])["weight"].transform("sum")
    rows["share"], rows["rest"] = np.floor(exact), exact % 1
    rows = rows.sort_values(["pool", "month", "rest", "account_id"], ascending=[True, True, False, True])
    groups = rows.groupby(["pool", "month"])
    left_over = rows["pool_cents"] - groups["share"].transform("sum")
    cents = rows["share"] + (groups.cumcount() < left_over)
    return rows.assign(line="alloc_" + rows["pool"], amount_cents=cents)
