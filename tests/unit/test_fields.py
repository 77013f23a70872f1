"""The field file: read whole, or refused with the key that is wrong."""

from pathlib import Path

import pytest

from connectors.fields import FieldFileError, load_fields

SHIPPED = Path(__file__).parents[2] / "config" / "fields.toml"


@pytest.mark.parametrize(
    ("found", "instead", "told"),
    [
        ('type = "date"', 'type = "day"', "[tier_since] type: "),
        ('picklist"\nowner = "product"', 'picklist"\nowner = "us"', "[tier] owner: "),
        ("length = 255", 'length = "long"', "[reason] length: "),
        ('hubspot = "profit_tier"\n', "hubspot = 5\n", "[tier] hubspot: "),
        ('salesforce = "Profit_Tier__c"\n', "", "[tier] salesforce: "),
        ('label = "Tier since"\n', "", "[tier_since] label: "),
        ('values = { Final = "Final", Provisional = "Provisional", Pinned = "Pinned" }', "", "[tier_status] values: "),
        ("[tier]", "tier = 5\n[other]", "tier is no table"),
        ('label = "Tier since"', 'lable = "Tier since"', "'lable' in [tier_since]"),
        ('hubspot = "profit_tier_since"', 'hubspot = "profit_tier"', "hubspot name is used by two fields"),
        ("[tier]", "[tier", "line 5"),
    ],
)
def test_a_file_that_is_wrong_is_refused_and_the_key_is_named(tmp_path, found, instead, told):
    text = SHIPPED.read_text()
    assert found in text
    file = tmp_path / "fields.toml"
    file.write_text(text.replace(found, instead, 1))

    with pytest.raises(FieldFileError) as caught:
        load_fields(file)

    assert told in caught.value.what
    assert caught.value.where == str(file)
    assert caught.value.remedy


def test_a_file_that_is_not_there_or_no_text_is_refused(tmp_path):
    binary = tmp_path / "binary.toml"
    binary.write_bytes(b"\xff\xfe")

    for file in (tmp_path / "missing.toml", binary):
        with pytest.raises(FieldFileError) as caught:
            load_fields(file)
        assert caught.value.where == str(file)
