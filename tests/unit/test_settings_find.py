"""The configuration and the files beside it are found where the documentation says, and read whatever they hold."""

from __future__ import annotations

import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import pytest

from sync.errors import ConfigError
from sync.settings import load_settings, shipped_config

MINIMAL = '[crm]\nkind = "salesforce"\nurl = "https://acme.my.salesforce.com/"\n[books]\nhome_currency = "EUR"\n'


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "exports").mkdir()
    return tmp_path


def load(folder, text=MINIMAL, *, policy=None):
    (folder / "whalecurve.toml").write_text(text, encoding="utf-8")
    if policy is not None:
        (folder / "policy.toml").write_text(policy, encoding="utf-8")
    return load_settings(folder / "whalecurve.toml", environ={})


def test_paths_start_from_the_configuration_not_from_the_current_folder(folder, tmp_path_factory, monkeypatch):
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    settings = load(folder)

    assert settings.books.exports == folder / "exports"
    assert settings.data.folder == folder / "data"
    assert settings.engine.spill_folder == folder / "data" / "spill"


def test_companion_files_are_those_beside_the_configuration_else_the_shipped_ones(folder):
    (folder / "fields.toml").write_text("")
    (folder / "rules.toml").write_text("[tiers]\nmargin_a = 0.5\n")
    settings = load(folder, MINIMAL + '[files]\npolicy = "rules.toml"\n', policy="[tiers]\nmargin_a = 0.9\n")

    assert settings.files.fields == folder / "fields.toml"
    assert settings.files.categories == shipped_config("categories.toml")
    assert settings.files.policy == folder / "rules.toml"
    assert settings.policy.tiers.margin_a == Fraction(1, 2)


def test_configuration_is_looked_for_in_the_option_then_the_variable_then_the_current_folder(tmp_path, monkeypatch):
    for name, currency in (("option", "EUR"), ("variable", "USD"), ("current", "JPY")):
        (tmp_path / name / "exports").mkdir(parents=True)
        (tmp_path / name / "whalecurve.toml").write_text(MINIMAL.replace("EUR", currency))
    monkeypatch.chdir(tmp_path / "current")
    environ = {"WHALECURVE_CONFIG": str(tmp_path / "variable" / "whalecurve.toml")}

    assert load_settings(tmp_path / "option/whalecurve.toml", environ=environ).books.home_currency == "EUR"
    assert load_settings(None, environ=environ).books.home_currency == "USD"
    assert load_settings(None, environ={"WHALECURVE_CONFIG": ""}).books.home_currency == "JPY"


def test_no_configuration_tells_where_it_was_looked_for(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match="no configuration") as caught:
        load_settings(None, environ={})

    for place in ("--config", "$WHALECURVE_CONFIG", "./whalecurve.toml", "whalecurve demo", str(tmp_path)):
        assert place in str(caught.value)


@pytest.mark.parametrize("environ", [{}, {"WHALECURVE_CONFIG": "gone.toml"}])
def test_named_configuration_that_is_not_there_is_no_reason_to_take_another(folder, monkeypatch, environ):
    (folder / "whalecurve.toml").write_text(MINIMAL)
    monkeypatch.chdir(folder)
    with pytest.raises(ConfigError, match="there is none"):
        load_settings(None if environ else Path("gone.toml"), environ=environ)


def test_text_with_a_byte_order_mark_and_windows_line_ends_is_read(folder):
    (folder / "whalecurve.toml").write_bytes(b"\xef\xbb\xbf" + MINIMAL.replace("\n", "\r\n").encode())

    assert load_settings(folder / "whalecurve.toml", environ={}).books.home_currency == "EUR"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b'[crm]\nkind = "\xff"', "whalecurve.toml:2:9: is not UTF-8"),
        (b"x = " + b"[" * 20_000, "too deep"),
        (b"x = " + b"9" * 5_000, "too long"),
        (b"x = 1\nx = 2\n", "is not TOML: cannot overwrite"),
    ],
)
def test_file_that_cannot_be_read_is_told_without_a_traceback(folder, content, told):
    (folder / "whalecurve.toml").write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        load_settings(folder / "whalecurve.toml", environ={})

    assert told in str(caught.value)


def test_shipped_files_are_found_in_an_installed_package(tmp_path):
    root = Path(__file__).parents[2]
    package = tmp_path / "sync"
    (package / "_config").mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "paths.py").write_text((root / "sync/settings/paths.py").read_text())
    code = "from sync.paths import shipped_config; print(shipped_config('policy.toml'))"
    found = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True, capture_output=True, text=True)

    assert Path(found.stdout.strip()) == package / "_config" / "policy.toml"
    assert shipped_config("policy.toml") == root / "config" / "policy.toml"
