"""The main job from files to fields, through the command line, on both CRMs."""

from __future__ import annotations

import json

TIERS = {
    "Alfa Logistics": "A",
    "Borea Energy": "A",
    "Cirrus Software GmbH": "B",
    "Delta Retail N.V.": "C",
    "Ember Foods, Inc.": "A",
    "Fjord Clinics AS": "D",
    "Grove Events Limited": "D",
    "Halo Studio": "C",
}


def test_first_sync_waits_for_a_person_and_writes_nothing(firm) -> None:
    code, _, err = firm.run("sync", "--yes")

    assert code == 4
    assert "first run" in err
    assert "whalecurve sync --plan" in err
    assert firm.writes == 0


def test_approved_plan_puts_every_tier_on_its_record(synced) -> None:
    assert {name: synced.values(name)["tier"] for name in TIERS} == TIERS
    grove = synced.values("Grove Events Limited")
    assert float(grove["net_12m"]) == -11617.44
    assert float(grove["margin_pct"]) == -48.4
    assert str(grove["tier_since"]) == "2025-12-31"
    assert grove["tier_status"] == "Final"
    assert "service and support time" in grove["reason"]


def test_account_without_records_is_left_alone(synced) -> None:
    assert synced.values("Iris Hotels")["tier"] is None


def test_second_sync_writes_no_record(synced) -> None:
    before = synced.writes

    code, out, err = synced.run("--json", "plan")
    assert code == 0, err
    plan = json.loads(out)
    assert plan["changes"] == []
    code, out, err = synced.run("sync", "--plan", plan["plan"], "--reason", "the demo's exports are old by design")
    assert code == 0, err
    assert "wrote 0 records" in out
    assert synced.writes == before


def test_fields_of_people_are_never_written(firm) -> None:
    before = {key: firm.values("Delta Retail N.V.")[key] for key in ("decision", "decision_until", "decision_note")}

    firm.first_sync()

    after = {key: firm.values("Delta Retail N.V.")[key] for key in before}
    assert after == before
    assert after["decision"] == "Improve first"


def test_value_that_a_person_set_is_kept_and_reported(synced) -> None:
    names = {"salesforce": "Profit_Tier__c", "hubspot": "profit_tier"}
    account = next(
        each
        for each in synced.box.account_ids(synced.crm)
        if synced.box.record(synced.crm, each).values[names[synced.crm]] == "B"
    )
    synced.box.edit(synced.crm, account, {names[synced.crm]: "A"})
    before = synced.writes

    code, out, _ = synced.run("--json", "plan")

    plan = json.loads(out)
    assert code == 0
    assert plan["changes"] == []
    assert [(kept["account"], kept["field"], kept["why"]) for kept in plan["kept"]] == [(account, "tier", "override")]
    assert synced.box.record(synced.crm, account).values[names[synced.crm]] == "A"
    assert synced.writes == before


def test_plan_tells_that_the_books_agree_to_the_cent(firm) -> None:
    code, out, _ = firm.run("plan")

    assert code == 0
    assert "difference 0.00 EUR" in out
    assert firm.writes == 0


def test_explain_shows_statement_reason_and_the_lines_of_the_files(synced) -> None:
    code, out, _ = synced.run("explain", "Grove Events", "--lines")

    assert code == 0
    assert "-11,617.44" in out
    assert "does not cover the costs it causes" in out
    assert "Xero sales invoices 2025.csv:" in out


def test_status_tells_the_last_good_sync(synced) -> None:
    code, out, _ = synced.run("--json", "status")

    assert code == 0
    assert json.loads(out)["runs"][0]["counters"]["done"] == 8


def test_tier_only_profile_writes_no_amount(firm) -> None:
    config = firm.config.read_text(encoding="utf-8").replace("tier-and-money", "tier-only")
    firm.config.write_text(config, encoding="utf-8")

    firm.first_sync()

    grove = firm.values("Grove Events Limited")
    assert grove["tier"] == "D"
    assert grove["net_12m"] is grove["margin_pct"] is grove["reasons"] is None
    assert not any(sign.isdigit() for sign in grove["reason"])


def test_store_knows_how_many_calls_the_day_has_left(firm) -> None:
    from datetime import UTC, datetime

    from sync.settings import load_settings
    from sync.store.budget import day_budget
    from sync.store.database import open_store

    firm.first_sync()

    store = open_store(load_settings(firm.config, environ={}).data.state / "whalecurve.sqlite")
    with store.read() as connection:
        org_id = connection.exec_driver_sql("SELECT org_id FROM org").scalar_one()
        budget = day_budget(connection, org_id, datetime.now(UTC).date())
    store.close()
    assert 0 < budget.used_calls <= len(firm.box.requests)
    assert budget.limit_calls in {100_000, 650_000}


def test_what_is_odd_in_the_exports_is_told_beside_the_plan(firm) -> None:
    exports = firm.folder / "exports"
    (exports / "letter.txt").write_text("Dear client,\n", encoding="utf-8")
    (exports / "settlements copy.csv").write_bytes((exports / "settlements 2025.csv").read_bytes())
    trial = exports / "trial balance 2025.csv"
    trial.write_text(trial.read_text(encoding="utf-8").replace("2025-01-01", "2025-01-02"), encoding="utf-8")

    code, out, err = firm.run("plan")

    assert code == 0, err
    assert "letter.txt: no mapping" in out
    assert "settlements copy.csv" in out
    assert "control totals are stated for other days than this period: not compared" in out
    assert "consistent with its inputs" in out


def test_a_record_without_words_is_explained_too(firm) -> None:
    exports = firm.folder / "exports"
    (exports / "trial balance 2025.csv").unlink()
    (exports / "Xero bills 2025.csv").unlink()
    (exports / "costs.csv").write_text(
        "date,party,kind,amount\n2025-12-31,Grove Events,expense,75.00\n", encoding="utf-8"
    )

    firm.first_sync()

    code, out, _ = firm.run("explain", "Grove Events", "--lines")
    assert code == 0
    assert "costs.csv:2" in out
    code, out, _ = firm.run("--json", "explain", "Grove Events", "--lines")
    assert code == 0
    assert {record["what"] for record in json.loads(out)["records"] if record["record"] == "expense"} == {""}
