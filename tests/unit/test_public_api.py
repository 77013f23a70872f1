"""`from profitability import evaluate`: on frames, on anything Arrow, and without pandas until it is needed."""

from __future__ import annotations

import subprocess
import sys
from datetime import date

import duckdb
import pandas as pd
import pytest

import profitability
from profitability import SCHEMAS, DataError, Facts, Policy, Verdicts, evaluate

TODAY = date(2026, 1, 20)


def accounts() -> pd.DataFrame:
    return pd.DataFrame({"account_id": ["A"], "name": ["Alfa"], "started_on": [pd.NaT], "is_matched": [True]})


def documents() -> pd.DataFrame:
    days = pd.to_datetime(["2025-03-31", "2025-06-30"])
    return pd.DataFrame({"document_id": ["1", "2"], "account_id": "A", "kind": "invoice"}).assign(
        issue_date=days,
        due_date=days,
        net_minor=[100_000, 50_000],
        gross_minor=[121_000, 60_500],
        currency="EUR",
        is_disputed=False,
    )


class ArrowOnly:
    """A table that speaks nothing but Arrow; with `openings` it is a reader that ends after so many streams."""

    def __init__(self, frame: pd.DataFrame, openings: int = 1000) -> None:
        self._connection = duckdb.connect()
        self._rows = self._connection.from_df(frame)
        self._openings = openings

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        self._openings -= 1
        if self._openings < 0:
            raise RuntimeError("the stream is used up")
        return self._rows.__arrow_c_stream__(requested_schema)


def test_frames_go_in_and_verdicts_come_out() -> None:
    found = evaluate(Facts("EUR", {"accounts": accounts(), "documents": documents()}), Policy(), TODAY)
    assert isinstance(found, Verdicts)
    assert list(found.accounts["net_revenue_cents"]) == [150_000]


def test_arrow_tables_give_the_same_verdicts() -> None:
    frames = {"accounts": accounts().drop(columns="started_on"), "documents": documents()}
    tables = {name: ArrowOnly(frame) for name, frame in frames.items()}
    found = evaluate(Facts("EUR", dict(tables)), Policy(), TODAY)
    expected = evaluate(Facts("EUR", dict(frames)), Policy(), TODAY)
    pd.testing.assert_frame_equal(found.accounts, expected.accounts)


def test_a_reader_that_is_used_up_is_refused_with_the_table_named() -> None:
    used_up = ArrowOnly(documents(), openings=1)
    with pytest.raises(DataError, match="documents: the Arrow table does not hand out its rows"):
        evaluate(Facts("EUR", {"accounts": accounts(), "documents": used_up}), Policy(), TODAY)


def test_arrow_tables_are_checked_like_frames() -> None:
    wrong = ArrowOnly(documents().assign(net_minor=[1.5, 2.0]))
    with pytest.raises(DataError, match=r"documents: column net_minor: 1 row other than BIGINT, never null.*rows 1"):
        evaluate(Facts("EUR", {"accounts": accounts(), "documents": wrong}), Policy(), TODAY)


def test_a_column_that_may_be_null_may_be_left_out_and_no_other() -> None:
    with pytest.raises(DataError, match="accounts: column is_matched is missing"):
        evaluate(Facts("EUR", {"accounts": accounts().drop(columns="is_matched")}), Policy(), TODAY)


def test_every_public_name_is_there_and_nothing_else() -> None:
    assert all(hasattr(profitability, name) for name in profitability.__all__)
    assert SCHEMAS["accounts"].table == "accounts"
    with pytest.raises(AttributeError, match="no attribute 'evaluate_all'"):
        _ = profitability.evaluate_all


def test_importing_the_package_does_not_import_pandas() -> None:
    code = "import sys, profitability; sys.exit('pandas' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
