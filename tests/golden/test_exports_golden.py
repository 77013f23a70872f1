"""Every shipped mapping reads its sample to the records in the JSON file beside it, as held against it by hand."""

import json
from datetime import date
from pathlib import Path

import pytest

from connectors.exports.loading import load_mappings
from connectors.exports.reader import check_folder, read_file
from connectors.exports.reading import ReadingStatus

SHIPPED = load_mappings(Path(__file__).parents[2] / "config" / "exports")
SAMPLES = Path(__file__).parent / "exports"
FIRM = Path(__file__).parent / "worked_example"


def told(reading):
    return {
        "mapping": reading.mapping,
        "covers": reading.covers and [day.isoformat() for day in reading.covers],
        "warnings": [warning.what for warning in reading.warnings],
        "records": [
            {
                "kind": record.kind,
                "line": record.line,
                "values": {name: plain(value) for name, value in record.values.items() if value is not None},
            }
            for record in reading.records
        ],
    }


def plain(value):
    return value.isoformat() if isinstance(value, date) else value


@pytest.mark.parametrize("mapping", SHIPPED, ids=lambda mapping: mapping.name)
def test_a_sample_reads_to_its_golden_file(mapping):
    sample = next(path for path in SAMPLES.glob(f"{mapping.name}.*") if path.suffix != ".json")
    reading = read_file(sample, SHIPPED, home_currency="EUR", accept_unverified=True)
    assert reading.status is ReadingStatus.ACCEPTED, reading
    assert told(reading) == json.loads((SAMPLES / f"{mapping.name}.json").read_text(encoding="utf-8"))


def total(reading, column, **wanted):
    return sum(
        record.values[column]
        for record in reading.records
        if all(record.values[name] == value for name, value in wanted.items())
    )


def test_the_worked_example_is_read_as_it_is():
    readings = {reading.path.name: reading for reading in check_folder(FIRM, SHIPPED, home_currency="EUR")}
    taken = {name: (r.mapping, len(r.records)) for name, r in readings.items() if r.status is ReadingStatus.ACCEPTED}
    assert taken == {
        "clients.csv": ("own-clients", 16),  # a contract and an opening allowance each
        "direct_costs.csv": ("own-direct-costs", 99),
        "invoices.csv": ("own-invoices", 97),
        "overhead_pools.csv": ("own-pools", 5),  # unused capacity is the engine's own
        "people.csv": ("own-people", 5),
        "rates.csv": ("own-rates", 6),
        "remedies.csv": ("own-remedies", 2),
        "settlements.csv": ("own-settlements", 83),
        "time.csv": ("own-time", 708),
    }
    assert not [name for name, reading in readings.items() if reading.status is ReadingStatus.REFUSED]
    assert total(readings["rates.csv"], "loaded_cost_minor") == 34_100_000
    assert total(readings["rates.csv"], "practical_hours_seconds", person="P4") == 1600 * 3600
    assert readings["time.csv"].covers == (date(2025, 1, 31), date(2025, 12, 31))
