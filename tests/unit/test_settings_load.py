"""What the configuration says reaches the program: exactly, once, from the right place."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from connectors.base import CrmOptions
from connectors.transport import Patience
from profitability.policy import (
    ExitPolicy,
    LatePaymentPolicy,
    PeriodPolicy,
    Policy,
    RemedyPolicy,
    ReviewPolicy,
    TierPolicy,
)
from profitability.time_equations import TimeEquation
from sync.errors import ConfigError, SecretFileError
from sync.guards import GuardLimits
from sync.settings import load_settings, shipped_config
from sync.settings.main_tables import MainFile
from sync.settings.policy_tables import PolicyFile
from sync.settings.schema import all_keys, json_schema

MINIMAL = '[crm]\nkind = "salesforce"\nurl = "https://acme.my.salesforce.com/"\n[books]\nhome_currency = "EUR"\n'


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "exports").mkdir()
    return tmp_path


def load(folder, text=MINIMAL, *, policy=None, environ=(), env=None):
    (folder / "whalecurve.toml").write_text(text, encoding="utf-8")
    if policy is not None:
        (folder / "policy.toml").write_text(policy, encoding="utf-8")
    return load_settings(folder / "whalecurve.toml", environ=dict(environ), env=env)


def test_what_is_left_out_has_the_documented_default(folder):
    settings = load(folder)

    assert settings.crm.url == "https://acme.my.salesforce.com"
    assert settings.crm.profile == "tier-only"
    assert settings.crm.options == CrmOptions()
    assert settings.crm.patience == Patience()
    assert dict(settings.books.required_sources) == {"document": 5, "time_entry": 5, "cost_rate": 5}
    assert settings.books.accept_unverified is False
    assert (settings.engine.backend, settings.engine.memory_limit, settings.engine.threads) == ("duckdb", None, None)
    assert settings.policy == Policy()
    assert settings.guards == GuardLimits()
    assert settings.warnings == ()


def test_everything_that_can_be_set_is_set(folder):
    (folder / "own").mkdir()
    text = """
        [crm]
        kind = "hubspot"
        account_key = "ledger_no"
        started_on = "client_since"
        deal_hours = "sold_hours"
        deal_starts_on = "work_starts"
        [crm.patience]
        connect_seconds = 1
        read_seconds = 2.5
        total_seconds = 3
        attempts = 7
        first_wait_seconds = 0.25
        longest_wait_seconds = 8
        [books]
        home_currency = "JPY"
        exports = "own"
        required_sources = ["document", "settlement"]
        tolerance_days = 3
        accept_unverified = true
        [sources.settlement]
        tolerance_days = 31
        [data]
        folder = "kept"
        [engine]
        backend = "spark"
        spark_remote = "sc://host:15002"
        memory_limit = "800MB"
        threads = 3
        spill_folder = "/var/spill"
        [files]
        mappings = "own"
        """
    settings = load(folder, text)

    assert settings.crm.url == "https://api.hubapi.com"
    assert settings.crm.options == CrmOptions("ledger_no", "client_since", "sold_hours", "work_starts")
    assert settings.crm.patience == Patience(1.0, 2.5, 3.0, 7, 0.25, 8.0)
    assert settings.books.home_currency == "JPY"
    assert settings.books.exports == folder / "own"
    assert dict(settings.books.required_sources) == {"document": 3, "settlement": 31}
    assert settings.books.accept_unverified is True
    assert (settings.data.ledger, settings.data.state) == (folder / "kept/ledger", folder / "kept/state")
    assert dataclasses.astuple(settings.engine) == ("spark", "800MB", 3, Path("/var/spill"), None, "sc://host:15002")
    assert settings.files.mappings == (shipped_config("exports"), folder / "own")


def test_every_number_of_the_policy_file_arrives_exactly(folder):
    policy = """
        [tiers]
        margin_a = 0.3
        margin_b = 0.123456
        pareto_head = 1
        dead_band = 0.01
        confirm_closes = 3
        min_tenure_months = 1
        dormant_months = 2
        coverage_rate_min = 50
        coverage_final_min = 70
        rank_by = "cm3"
        rate_groups = false
        [late_payment]
        cost_of_capital = 0.07
        day_count = 360
        own_loss_rates = false
        ecl_rates = { not_due = 0, days_1_30 = 0.01, days_31_60 = 0.02, days_61_90 = 0.03, over_90 = 1 }
        [period]
        window_months = 24
        close_after_days = 9
        [pricing]
        standard_rate = 110.5
        [remedies]
        target_margin = 0.15
        max_uplift = 0.333333
        min_share_of_gap = 0.5
        window_days = 120
        light_package = 6000
        [review]
        coverage_min = 75
        recovering_margin = 0.07
        notice_lead_days = 30
        satisfied_from = 7.5
        [exits]
        leaving_cap = 0.2
        cap_months = 6
        cash_floor_months = 1
        talk_first_share = 0.4
        reinvest_share = 0.25
        [time_equations.ticket]
        pool = "support_desk"
        minutes = 12.5
        [time_equations."phone call"]
        pool = "support_desk"
        minutes = 0.05
        extra_minutes = { new_customer = 15, self_service = -0.05 }
        [guards]
        tier_changes_pct = 12.5
        a_to_d_max = 1
        totals_high = 3
        """
    settings = load(folder, policy=policy)

    ecl = (Fraction(0), Fraction(1, 100), Fraction(2, 100), Fraction(3, 100), Fraction(1))
    assert settings.policy == Policy(
        tiers=TierPolicy(Fraction(3, 10), Fraction(123456, 10**6), Fraction(1), Fraction(1, 100), 3, 1, 2, 50, 70),
        late_payment=LatePaymentPolicy(Fraction(7, 100), 360, ecl),
        period=PeriodPolicy(24, 9),
        remedies=RemedyPolicy(Fraction(15, 100), Fraction(333333, 10**6), Fraction(1, 2), 120, 600_000),
        review=ReviewPolicy(75, Fraction(7, 100), 30, Fraction(15, 2)),
        exits=ExitPolicy(Fraction(1, 5), 6, 1, Fraction(2, 5), Fraction(1, 4)),
        rank_by="cm3",
        standard_rate_cents=11050,
        rate_groups=False,
        own_loss_rates=False,
        time_equations=(
            TimeEquation("ticket", "support_desk", 750),
            TimeEquation("phone call", "support_desk", 3, {"new_customer": 900, "self_service": -3}),
        ),
    )
    assert settings.guards == GuardLimits(tier_changes_pct=Decimal("12.5"), a_to_d_max=1, totals_high=Decimal(3))


def test_shipped_policy_file_states_the_defaults(folder):
    shipped = shipped_config("policy.toml").read_text(encoding="utf-8")
    settings = load(folder, policy=shipped)

    assert settings.policy == Policy()
    assert settings.guards == GuardLimits()


def test_shipped_policy_file_names_every_number():
    from sync.settings.document import read_document

    stated = read_document(shipped_config("policy.toml")).positions
    expected = {(*table.split("."), key) for table, key, _ in all_keys(json_schema(PolicyFile)) if table}

    without_default = {("pricing", "standard_rate"), ("remedies", "light_package"), ("review", "satisfied_from")}
    assert expected - set(stated) == without_default


def test_starter_loads_as_it_is_and_with_its_comments_taken_away(folder):
    starter = shipped_config("whalecurve.toml").read_text(encoding="utf-8")
    assert load(folder, starter).crm.kind == "salesforce"

    settings_lines = [
        line.removeprefix("# ") if " = " in line or line.startswith("# [") else line for line in starter.splitlines()
    ]
    (folder / "my-mappings").mkdir()
    (folder / "policy.toml").write_text("")
    settings = load(folder, "\n".join(settings_lines), env="rehearsal")

    assert settings.crm.options == CrmOptions(
        "AccountNumber", "Client_Since__c", "Sold_Hours__c", "Work_Starts__c", "VAT_Number__c", "Website"
    )
    assert settings.data.folder == folder / "data-rehearsal"


def test_env_overrides_single_keys_and_leaves_the_rest(folder):
    text = (
        MINIMAL.replace('url = "https://acme.my.salesforce.com/"\n', "account_key = 'AccountNumber'\n")
        + '[env.test.crm]\nurl = "http://127.0.0.1:8700"\n[env.test.crm.patience]\nattempts = 2\n'
        + "[env.test.books]\nrequired_sources = ['document']\n"
    )
    settings = load(folder, text, env="test")

    assert settings.environment == "test"
    assert settings.crm.url == "http://127.0.0.1:8700"
    assert settings.crm.options.account_key == "AccountNumber"
    assert settings.crm.patience == Patience(attempts=2)
    assert dict(settings.books.required_sources) == {"document": 5}


def test_paths_of_an_env_that_is_not_in_use_need_not_exist(folder):
    settings = load(folder, MINIMAL + '[env.other.books]\nexports = "on-another-machine"\n')

    assert settings.environment is None


def test_money_in_hubspot_is_allowed_with_a_warning_that_names_the_line(folder):
    text = '[crm]\nkind = "hubspot"\nprofile = "tier-and-money"\n[books]\nhome_currency = "EUR"\n'
    (warning,) = load(folder, text).warnings

    assert f"{folder / 'whalecurve.toml'}:3: crm.profile: HubSpot shows amounts" in warning


def test_locked_env_file_stops_every_command(folder):
    (folder / ".env").write_text("WHALECURVE_SALESFORCE_CLIENT_ID=x\n")
    (folder / ".env").chmod(0o000)
    with pytest.raises(SecretFileError, match="chmod 600"):
        load(folder)


def test_missing_secrets_stop_only_what_logs_in(folder):
    secrets = load(folder).secrets
    with pytest.raises(ConfigError, match="WHALECURVE_SALESFORCE_CLIENT_ID"):
        secrets.salesforce()


AWKWARD_NUMBERS = ["0", "-1", "1e400", "1e-400", "-nan", "inf", "1e9999999999999999999", "9" * 400]
AWKWARD_TEXTS = ['""', '"\\u0000"', '"\\n"', f'"{"x" * 5000}"', f'"{"a/" * 3000}"', '"\\U0001F600"']
AWKWARD = [*AWKWARD_NUMBERS, *AWKWARD_TEXTS, "true", "[]", "{}", "[[1]]", "{ a = 1 }", "2026-02-28", "07:30:00"]


def every_key_set_to(value, model):
    return "".join(
        f"{table}.{key} = {value}\n"
        for table, key, node in all_keys(json_schema(model))
        if table and "$ref" not in node
    )


@pytest.mark.parametrize("value", AWKWARD)
def test_awkward_values_of_all_keys_end_in_one_message_that_names_each(folder, value):
    main = every_key_set_to(value, MainFile)
    with pytest.raises(ConfigError) as caught:
        load(folder, main, policy=every_key_set_to(value, PolicyFile))

    for key in ("crm.kind", "crm.url", "crm.patience.attempts", "books.home_currency", "engine.memory_limit"):
        assert f": {key}" in str(caught.value)
    for key in ("tiers.rank_by", "late_payment.day_count", "pricing.standard_rate"):
        assert f": {key}" in str(caught.value)


def test_settings_cannot_be_changed(folder):
    settings = load(folder)
    with pytest.raises(dataclasses.FrozenInstanceError):
        settings.crm.kind = "hubspot"
    with pytest.raises(TypeError):
        settings.books.required_sources["document"] = 99


def test_importing_the_settings_loads_neither_pydantic_nor_pandas():
    code = "import sys, sync.settings; sys.exit(bool({'pydantic', 'pandas', 'dotenv', 'duckdb'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False, cwd=Path(__file__).parents[2]).returncode == 0
