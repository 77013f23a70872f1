import re
from pathlib import Path

import pytest

from connectors.exports.examples import failing_examples
from connectors.exports.loading import MappingError, load_mappings
from connectors.exports.records import KINDS

SHIPPED = Path(__file__).parents[2] / "config" / "exports"
MAPPINGS = load_mappings(SHIPPED)

SOUND = """\
name = "cash-list"
version = 1
grade = "F"
record = "cash"

[columns]
day = { from = ["Day"], column = "required" }
balance = { from = ["Balance"], column = "required" }

[[test]]
text = "Day,Balance\\n2026-01-31,5.00\\n"
rows = 1
sum = { balance = "5" }
"""


@pytest.mark.parametrize("mapping", MAPPINGS, ids=lambda mapping: mapping.name)
def test_the_examples_of_a_shipped_mapping_hold(mapping):
    assert mapping.test, "every mapping carries an example"
    assert failing_examples(mapping, SHIPPED) == ()


NAMES = {"party_name", "gl_account_name"}  # names of numbers: nobody needs to write them by hand


def test_every_record_kind_has_an_own_template():
    own = {kind for mapping in MAPPINGS if mapping.name.startswith("own-") for kind in mapping.kinds}
    assert own == set(KINDS) - NAMES


def test_a_file_is_named_after_its_mapping():
    assert {path.stem for path in SHIPPED.glob("*.toml")} == {mapping.name for mapping in MAPPINGS}


@pytest.mark.parametrize("mapping", MAPPINGS, ids=lambda mapping: mapping.name)
def test_the_readme_names_every_mapping_and_every_column_of_a_template(mapping):
    _, _, section = (SHIPPED / "README.md").read_text(encoding="utf-8").partition(f"`{mapping.name}`")
    if not mapping.name.startswith("own-"):
        assert section
        return
    section = section.split("\n### ")[0]
    missing = [name for name in mapping.columns if not name.startswith("_") and f"`{name}`" not in section]
    headings = {"amount": "opening_ecl"}  # one template names the field by its meaning
    assert [name for name in missing if f"`{headings.get(name)}`" not in section] == []


def test_an_example_that_does_not_hold_is_told(tmp_path):
    (tmp_path / "a.toml").write_text(SOUND.replace('balance = "5"', 'balance = "6"'))
    (mapping,) = load_mappings(tmp_path)
    assert failing_examples(mapping, tmp_path) == ("cash-list, example 1: sums differ: balance 5.00",)


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("version = 1", 'version = "1"', 2, "valid integer"),
        ("version = 1", "version = 1\nspeed = 3", 3, "speed: Extra inputs"),
        ('grade = "F"', 'grade = "A"', 3, "'F', 'T' or 'S'"),
        ('record = "cash"', 'record = "money"', 1, "record 'money' is none of"),
        ('["Balance"], column', '["Balance"], colum', 8, "colum: Extra inputs"),
        ('balance = { from = ["Balance"], column = "required" }', "", 1, "columns.balance is missing"),
        ("balance = {", "saldo = {", 1, "columns.saldo is no field of cash"),
        ('day = { from = ["Day"]', 'day = { type = "text", from = ["Day"]', 1, "columns.day.type must be date"),
        ("rows = 1", 'rows = "one"', 12, "valid integer"),
        ("[[test]]", '[rows]\nskip = ["("]\n[[test]]', 11, "not a regular expression"),
        ("[[test]]", '[key]\nonce_per = ["doc"]\n[[test]]', 1, "'doc' is used, but is no column"),
        ("[[test]]", '[[check]]\nsum = "balance"\n[[test]]', 10, "give `row`, or `per`"),
        ("[[test]]", "[[check]]\nsum = 'day'\nrow = 'x'\n[[test]]", 1, "which is no money"),
        ("[[test]]", '[[check]]\nrow = "^Total {group}$"\nsum = "balance"\n[[test]]', 1, "rows.group is not set"),
        ("[columns]", '[format]\nnumbers = "uk"\n[columns]', 7, "numbers"),
        ("[columns]", "[format]\ndates = []\n[columns]", 7, "at least 1 item"),
        ("[[test]]", "[[test]]\nfile = 'x.csv'", 10, "give `text` or `file`"),
        (', column = "required"', "", 1, "no column is required"),
        ("balance = { from", 'balance = { minus = ["A"], plus = ["B"], from', 8, "give `minus` or `plus`, not both"),
        ("day = { from", 'day = { plus = ["A"], from', 1, "columns.day.plus is for money"),
        (
            "day = { from",
            'day = { else = { start = ["A"], end = ["B"] }, from',
            1,
            "columns.day.else is for a duration",
        ),
        ("[[test]]", '[rows]\nmay_lack = ["doc"]\n[[test]]', 1, "'doc' is used, but is no column"),
        ("[[test]]", "[rows]\ngroup_row = '^x'\n[[test]]", 1, "rows.group_row is set, but rows.group is not"),
        ("[[test]]", '[caution]\nwhat = "x"\n[[test]]', 10, "remedy: Field required"),
    ],
)
def test_a_wrong_key_is_told_with_its_line(tmp_path, old, new, line, said):
    path = tmp_path / "wrong.toml"
    path.write_text(SOUND.replace(old, new))
    with pytest.raises(MappingError, match=re.escape(said)) as caught:
        load_mappings(tmp_path)
    assert caught.value.where == f"{path}:{line}"
    assert caught.value.remedy


def test_all_wrong_keys_are_told_at_once(tmp_path):
    (tmp_path / "wrong.toml").write_text(SOUND.replace("version = 1", "versio = 1").replace('"F"', '"X"'))
    with pytest.raises(MappingError) as caught:
        load_mappings(tmp_path)
    assert {"version", "versio", "grade"} <= {part.strip(":") for part in caught.value.what.split()}


def test_text_that_is_no_toml_is_refused(tmp_path):
    (tmp_path / "wrong.toml").write_text("name = ")
    with pytest.raises(MappingError, match="not TOML"):
        load_mappings(tmp_path)


def test_two_mappings_of_one_folder_cannot_share_a_name(tmp_path):
    (tmp_path / "a.toml").write_text(SOUND)
    (tmp_path / "b.toml").write_text(SOUND)
    with pytest.raises(MappingError, match=r"taken by a\.toml"):
        load_mappings(tmp_path)


def test_a_local_mapping_wins_by_name(tmp_path):
    (tmp_path / "mine.toml").write_text(SOUND.replace("cash-list", "own-cash").replace("version = 1", "version = 7"))
    versions = {mapping.name: mapping.version for mapping in load_mappings(SHIPPED, tmp_path)}
    assert versions["own-cash"] == 7
    assert len(versions) == len(MAPPINGS)


def test_a_local_mapping_can_extend_a_shipped_one(tmp_path):
    (tmp_path / "mine.toml").write_text('extends = "clockify-detailed"\n[format]\ndates = ["%d/%m/%Y"]\n')
    extended = next(m for m in load_mappings(SHIPPED, tmp_path) if m.name == "clockify-detailed")
    assert extended.format.dates == ("%d/%m/%Y",)
    assert extended.format.bare_duration == "hours"


def test_what_is_extended_must_be_known(tmp_path):
    (tmp_path / "mine.toml").write_text('# mine\nextends = "clokify"\n')
    with pytest.raises(MappingError, match="no earlier folder") as caught:
        load_mappings(SHIPPED, tmp_path)
    assert caught.value.where.endswith("mine.toml:2")


def test_no_mapping_is_loaded_from_an_empty_folder(tmp_path):
    assert load_mappings(tmp_path) == ()


@pytest.mark.parametrize("kind", sorted(set(KINDS) - NAMES))
def test_the_readme_names_the_template_of_every_record_kind(kind):
    readme = (SHIPPED / "README.md").read_text(encoding="utf-8")
    _, _, template = readme.partition(f"`{kind}` own-")
    (mapping,) = [mapping for mapping in MAPPINGS if mapping.name == "own-" + re.split("[, ]", template)[0]]
    assert kind in mapping.kinds
