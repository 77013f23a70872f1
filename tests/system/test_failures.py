"""What goes wrong outside: each ends with its exit code, says what to do, and writes nothing."""

from __future__ import annotations

import json


def replace_in(path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_wrong_credentials(firm) -> None:
    secrets = firm.config.with_name(".env")
    text = secrets.read_text(encoding="utf-8")
    name = "CLIENT_SECRET=" if firm.crm == "salesforce" else "ACCESS_TOKEN="
    secrets.write_text(text.replace(name, name + "not-"), encoding="utf-8")

    code, _, err = firm.run("sync", "--yes")

    assert code == 6
    assert "do:" in err
    assert "not-" not in err
    assert firm.writes == 0


def test_missing_secret_names_the_places_looked_in(firm) -> None:
    firm.config.with_name(".env").unlink()

    code, _, err = firm.run("plan")

    assert code == 2
    assert "WHALECURVE_" in err
    assert ".env" in err


def test_unreachable_crm(firm) -> None:
    firm.box.stop()
    replace_in(firm.config, "[books]", "[crm.patience]\nattempts = 1\n\n[books]")

    code, _, err = firm.run("sync", "--yes")

    assert code == 8
    assert "do:" in err


def test_missing_field_is_named(firm) -> None:
    name = {"salesforce": "Profit_Tier__c", "hubspot": "profit_tier"}[firm.crm]
    firm.box.hide_field(firm.crm, name)

    code, _, err = firm.run("sync", "--yes")

    assert code == 6
    assert name in err
    assert "do:" in err
    assert firm.writes == 0


def test_half_written_file(firm) -> None:
    path = next((firm.folder / "exports").glob("Toggl*.csv"))
    path.write_bytes(path.read_bytes()[:-20])

    code, _, err = firm.run("sync", "--yes")

    assert code == 5
    assert path.name in err
    assert "exports check" in err
    assert firm.writes == 0
    code, out, _ = firm.run("exports", "check", str(firm.folder / "exports"))
    assert code == 5
    assert f"{path.name}: toggl-detailed refuses it" in out


def test_secrets_that_others_can_read(firm) -> None:
    firm.config.with_name(".env").chmod(0o644)

    code, _, err = firm.run("sync", "--yes")

    assert code == 2
    assert "chmod 600" in err
    assert firm.writes == 0


def test_doctor_finds_all_well(firm) -> None:
    code, out, _ = firm.run("doctor")

    assert code == 0, out
    assert "FAIL" not in out
    assert firm.writes == 0


def test_doctor_tells_every_failure_and_leaves_with_the_first_to_mend(firm) -> None:
    firm.box.hide_field(firm.crm, {"salesforce": "Profit_Run__c", "hubspot": "profit_run"}[firm.crm])
    path = next((firm.folder / "exports").glob("settlements*.csv"))
    path.write_bytes(path.read_bytes()[:-7])

    code, out, _ = firm.run("doctor")

    assert code == 6
    assert out.count("FAIL") == 2


def test_saved_plan_is_applied_once(firm) -> None:
    plan = json.loads(firm.run("--json", "plan")[1])["plan"]
    assert firm.run("sync", "--plan", plan, "--reason", "first run")[0] == 0
    before = firm.writes

    code, _, err = firm.run("sync", "--plan", plan, "--reason", "again")

    assert code == 4
    assert "do:" in err
    assert firm.writes == before


def test_saved_plan_needs_a_reason(firm) -> None:
    plan = json.loads(firm.run("--json", "plan")[1])["plan"]

    for reason in ("", "   "):
        code, _, err = firm.run("sync", "--plan", plan, "--reason", reason)

        assert code == 4
        assert "reason" in err
    assert firm.writes == 0
