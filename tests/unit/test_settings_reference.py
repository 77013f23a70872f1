"""The documentation of the configuration says what the code does."""

from __future__ import annotations

import json
import re

import pytest

from sync.settings import shipped_config
from sync.settings.main_tables import MainFile
from sync.settings.policy_tables import PolicyFile
from sync.settings.reference import config_reference, generated_files, write_generated
from sync.settings.schema import all_keys, expected, json_schema
from sync.settings.secrets import VARIABLES
from sync.settings.wording import secret_variable

MODELS = pytest.mark.parametrize("model", [MainFile, PolicyFile])


@pytest.mark.parametrize("name", generated_files())
def test_generated_file_is_up_to_date(name):
    assert shipped_config(name).read_text(encoding="utf-8") == generated_files()[name]


@MODELS
def test_every_key_has_a_meaning_and_says_what_it_takes(model):
    for table, key, node in all_keys(json_schema(model)):
        if "$ref" not in node:
            assert node.get("description"), f"{table}.{key}"
            assert expected(node) != "another value", f"{table}.{key}"


@MODELS
def test_every_key_is_on_the_reference_page(model):
    page = config_reference()
    for table, key, node in all_keys(json_schema(model)):
        if table and "$ref" not in node:
            section = page.split(f"### `[{table}]`")[1].split("\n### ")[0]
            assert f"| `{key}` |" in section


@MODELS
def test_no_known_key_looks_like_a_secret(model):
    assert not [key for _, key, _ in all_keys(json_schema(model)) if secret_variable(key)]


@MODELS
def test_schema_has_no_null_and_numbers_as_defaults_of_numbers(model):
    text = json.dumps(json_schema(model))

    assert "null" not in text
    for _, key, node in all_keys(json_schema(model)):
        if node.get("type") == "number" and "default" in node:
            assert isinstance(node["default"], int | float), key


def test_example_of_secrets_names_every_variable_and_holds_no_value():
    example = (shipped_config("").parent / ".env.example").read_text(encoding="utf-8")

    assert set(re.findall(r"^#?(WHALECURVE_\w+)=$", example, re.MULTILINE)) == set(VARIABLES)


def test_regenerating_writes_every_generated_file(tmp_path):
    write_generated(tmp_path)

    assert {path.name: path.read_text(encoding="utf-8") for path in tmp_path.iterdir()} == generated_files()
