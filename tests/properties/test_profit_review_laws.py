"""The review of accounts against a plain reference that goes row by row, and its laws."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from profitability.closes import HISTORY_COLUMNS
from profitability.facts import SCHEMAS
from profitability.policy import Policy
from profitability.review import review_accounts

AS_OF = date(2025, 12, 31)
TODAY = date(2026, 1, 20)

Record = dict[str, Any]


def table(name: str, rows: list[Record]) -> pd.DataFrame:
    kinds = {"VARCHAR": "str", "BIGINT": "Int64", "DATE": "datetime64[us]", "BOOLEAN": "bool"}
    columns = {column.name: kinds[column.type] for column in SCHEMAS[name].columns}
    return pd.DataFrame(rows, columns=list(columns), dtype="object").astype(columns)


days_near = st.dates(TODAY - timedelta(days=500), TODAY + timedelta(days=500))
money = st.one_of(st.sampled_from([0, -1, 1, 100, -100, 105, 10**17]), st.integers(-1_000, 1_000))


@st.composite
def cases(draw: st.DrawFn) -> Record:
    """One account with everything that is known of it; most preconditions hold most of the time."""
    mostly = st.sampled_from([True, True, True, True, True, False])
    indicative = draw(st.sampled_from("DDDDDCB"))
    has_exit = draw(mostly)
    return {
        "published_tier": draw(st.sampled_from("DDDDDDDCABN")),
        "indicative_tier": indicative,
        "flip_tier": indicative if draw(mostly) else draw(st.sampled_from("CD")),
        "unrated_reason": "" if draw(mostly) else "low_coverage",
        "started_on": date(2025, 7, 1) if draw(mostly) else draw(st.sampled_from([date(2025, 7, 2), None])),
        "coverage_centi": draw(st.sampled_from([8_000, 10_000, 9_000, 8_500, 7_999])),
        "agi_cents": draw(money),
        "cm2_cents": draw(money),
        "ncp_cents": draw(money),
        "quarter_agi_cents": draw(money),
        "quarter_cm2_cents": draw(money),
        "was_d": draw(mostly),
        "open": () if draw(mostly) else draw(st.sampled_from([("collect",), ("reprice",), ("collect", "reprice")])),
        "pays": bool(draw(mostly)) if has_exit else None,
        "is_locked": draw(st.sampled_from([False, False, False, True, None])),
        "pipeline": draw(st.one_of(st.none(), money)),
        "decision": draw(st.sampled_from([None, None, None, None, "open", "keep", "improve_first", "phase_out"])),
        "holds_until": draw(st.one_of(st.none(), days_near)),
        "exemptions": draw(
            st.lists(
                st.fixed_dictionaries(
                    {
                        "kind": st.sampled_from(["strategic", "pipeline", "dispute", "legal_hold", "referral"]),
                        "granted_on": st.one_of(st.none(), days_near),
                        "expires_on": days_near,
                    }
                ),
                max_size=2,
            ).filter(lambda rows: len(rows) < 2 or rows[0]["granted_on"] != rows[1]["granted_on"])
            if draw(st.integers(0, 3)) == 0
            else st.just([])
        ),
    }


def is_exempt(case: Record) -> bool:
    def first(kind: str) -> Record:
        rows = [row for row in case["exemptions"] if row["kind"] == kind]
        return min(rows, key=lambda row: row["granted_on"] or date.min)

    for row in case["exemptions"]:
        start, end = row["granted_on"] or TODAY, row["expires_on"]
        if row["kind"] == "strategic":
            limit = (pd.Timestamp(start) + pd.DateOffset(years=1)).date()
        elif row["kind"] == "pipeline":
            limit = start + timedelta(days=90)
            if row is not first("pipeline") or Fraction(case["pipeline"] or 0) < -case["ncp_cents"]:
                continue
        else:
            limit = end
        if start <= TODAY <= min(end, limit) and (row["granted_on"] or end <= limit):
            return True
    return False


def is_recovering(case: Record) -> bool:
    if case["agi_cents"] <= 0 or case["quarter_agi_cents"] <= 0:
        return False
    quarter = Fraction(case["quarter_cm2_cents"], case["quarter_agi_cents"])
    return quarter > Fraction(case["cm2_cents"], case["agi_cents"]) + Fraction(1, 20)


def judged(case: Record) -> tuple[str, tuple[str, ...]]:
    """Return the state and the preconditions that fail, by the text of the specification."""
    live = case["holds_until"] is None or case["holds_until"] >= TODAY
    is_kept = case["decision"] in {"keep", "improve_first"} and live
    is_rated = case["published_tier"] in "CD" and not case["unrated_reason"]
    is_d = case["published_tier"] == "D"
    fails = {
        "tier_D": not is_d,
        "d_confirmed": is_d and not case["was_d"],
        "tenure": case["started_on"] is None or case["started_on"] > date(2025, 7, 1),
        "coverage": case["coverage_centi"] < 8_000 or case["flip_tier"] != case["indicative_tier"],
        "not_recovering": is_recovering(case),
        "no_open_remedy": bool(case["open"]),
        "exit_pays": not case["pays"],
        "no_exemption": is_exempt(case),
    }
    failed = tuple(name for name, fail in fails.items() if fail)
    if case["decision"] == "phase_out":
        return "approved", failed if is_rated else ()
    if not is_rated:
        slips = case["published_tier"] in "AB" and case["indicative_tier"] in "CD"
        return ("watch" if slips else "none"), ()
    if set(failed) <= {"no_exemption"}:
        if is_kept or failed:
            return "held", failed
        return ("wait_for_notice_window" if case["is_locked"] else "review_for_offboarding"), failed
    return ("remedy" if case["open"] else "watch"), failed


def review(firm: dict[str, Record], *, seed: int = 0) -> pd.DataFrame:
    """Hand the accounts over as frames, every frame in an order of its own."""
    dates = {"started_on": "datetime64[us]", "pays": "object"}
    accounts = pd.DataFrame([{"account_id": name, **case} for name, case in firm.items()]).astype(dates)
    accounts["published_tier"] = accounts["published_tier"].astype("str")

    def rows(condition: Callable[[Record], bool], build: Callable[[str, Record], Record]) -> list[Record]:
        return [build(name, case) for name, case in firm.items() if condition(case)]

    ladder = rows(
        lambda case: case["ncp_cents"] < 0 or bool(case["open"]),
        lambda name, case: {
            "account_id": name,
            "open_remedies": case["open"],
            "next_remedy": (*case["open"], "")[0],
            "next_remedy_cents": 77 if case["open"] else None,
        },
    )
    exits = rows(
        lambda case: case["pays"] is not None,
        lambda name, case: {"account_id": name, "pays": case["pays"], "expected_cents": 55},
    )
    notice = rows(
        lambda case: case["is_locked"] is not None,
        lambda name, case: {
            "account_id": name,
            "notice_by": pd.Timestamp(2026, 5, 1),
            "is_locked": case["is_locked"],
        },
    )
    exemptions = [
        {"account_id": name, "owner": "Ada", "reason": "why", **row}
        for name, case in firm.items()
        for row in case["exemptions"]
    ]
    decisions = rows(
        lambda case: case["decision"] is not None,
        lambda name, case: {"account_id": name, "decision": case["decision"], "holds_until": case["holds_until"]},
    )
    history = rows(
        lambda _: True,
        lambda name, case: {
            "account_id": name,
            "close_date": "2025-11-30",
            "candidate_tier": "D",
            "published_tier": "D" if case["was_d"] else "C",
            "tier_since": "2025-10-31",
        },
    )
    frames = {
        "ladder": pd.DataFrame(ladder, columns=["account_id", "open_remedies", "next_remedy", "next_remedy_cents"]),
        "exits": pd.DataFrame(exits, columns=["account_id", "pays", "expected_cents"]),
        "notice": pd.DataFrame(notice, columns=["account_id", "notice_by", "is_locked"]),
        "exemptions": table("exemptions", exemptions),
        "decisions": table("decisions", decisions),
        "history": pd.DataFrame(history, columns=list(HISTORY_COLUMNS)),
    }
    shuffled = {name: rows.sample(frac=1, random_state=seed) for name, rows in frames.items()}
    return review_accounts(
        accounts.sample(frac=1, random_state=seed),
        **shuffled,
        pipeline=pd.Series(
            {name: case["pipeline"] for name, case in firm.items() if case["pipeline"] is not None}, dtype="int64"
        ),
        policy=Policy(),
        as_of=AS_OF,
        today=TODAY,
    )


firms = st.lists(cases(), min_size=5, max_size=20).map(
    lambda rows: {f"a{place}": row for place, row in enumerate(rows)}
)


@settings(max_examples=12, deadline=None)
@given(firm=firms, seed=st.integers(0, 9))
def test_the_review_follows_the_rule_row_by_row(firm: dict[str, Record], seed: int) -> None:
    found = review(firm, seed=seed).set_index("account_id")
    for name, case in firm.items():
        own = found.loc[name]
        state, failed = judged(case)
        assert (own["state"], own["failed_preconditions"]) == (state, failed), case
        assert own["review"] == (state == "review_for_offboarding")
        amount = {"remedy": 77, "review_for_offboarding": 55}.get(state)
        assert (own["next_step"] == "None") == (amount is None)
        assert pd.isna(own["next_step_cents"]) if amount is None else own["next_step_cents"] == amount
        assert bool(own["held_by"]) == (state in {"held", "wait_for_notice_window"})
    in_order = review(firm).set_index("account_id").sort_index()
    pd.testing.assert_frame_equal(found.sort_index(), in_order)


@settings(max_examples=10, deadline=None)
@given(firm=firms)
def test_the_flag_is_never_set_against_what_must_hold(firm: dict[str, Record]) -> None:
    found = review(firm).set_index("account_id")
    for name in found.index[found["review"]]:
        case = firm[name]
        assert case["published_tier"] == "D"
        assert case["coverage_centi"] >= 8_000
        assert case["open"] == ()
        assert not is_exempt(case)


@settings(max_examples=10, deadline=None)
@given(firm=firms, decision=st.sampled_from(["keep", "improve_first", "phase_out"]))
def test_a_live_decision_always_holds_the_flag(firm: dict[str, Record], decision: str) -> None:
    people = {name: {**case, "decision": decision, "holds_until": TODAY} for name, case in firm.items()}
    assert not review(people)["review"].any()
