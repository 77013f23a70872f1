"""A folder may be called what DuckDB takes for a pattern: no file of another folder is read in its place."""

import duckdb
import pytest

from connectors.base import AccountRecord
from connectors.exports.frames import open_database
from connectors.exports.loading import load_mappings
from connectors.exports.reader import read_file
from connectors.facts.build import build_facts
from connectors.ledger.ledger import Ledger
from connectors.maps import CategoryMap, GlAccountMap
from sync.evidence import Evidence
from sync.matching import Waiting
from sync.settings import shipped_config

SHIPPED = load_mappings(shipped_config("exports"))
ALFA = AccountRecord("001", "Alfa", None, None, None, {})
NAMES = ["Q1 * Q2", "2025?", "books [new]", "[a-z]", "it's {a,b}", "**"]
TIME = "date,person,client,task,hours\n2025-01-10,ada,{client},design,1.5\n"


def built_in(folder, client):
    """Read a file by column in a folder, and build the facts there."""
    folder.mkdir()
    path = folder / "time.csv"
    path.write_text(TIME.format(client=client))
    reading = read_file(path, SHIPPED, home_currency="EUR", large_from=0, scratch=folder / "spill")
    ledger = Ledger(folder / "ledger")
    ledger.take([reading])
    maps = {"categories": CategoryMap({}, {}), "gl_accounts": GlAccountMap({}, {})}
    return reading, build_facts(ledger, [ALFA], [], **maps, home_currency="EUR", dates={})


@pytest.fixture(scope="module")
def others(tmp_path_factory):
    """Return a folder of folders whose names the patterns would fit."""
    folder = tmp_path_factory.mktemp("others")
    for name in ("Q1 or Q2", "20255", "books n", "b"):
        built_in(folder / name, "Other")
    return folder


@pytest.mark.parametrize("name", NAMES)
def test_a_folder_is_read_by_its_name(others, name):
    reading, built = built_in(others / name, "Gamma")

    assert [record.values["party"] for record in reading.records] == ["Gamma"]
    assert [party.name for party in built.unmatched] == ["Gamma"]
    assert [party.name for party in Waiting.of_ledger(others / name / "ledger").parties] == ["Gamma"]
    with open_database() as connection:
        path = built.facts.tables["time_entries"]
        found = connection.execute("SELECT account_id FROM read_parquet($path)", {"path": path}).fetchall()
    assert found == [("unmatched:Gamma",)]


def test_what_a_run_concluded_is_read_from_its_own_folder(tmp_path):
    for name in ("run 1", "run ?"):
        (tmp_path / name).mkdir()
        with duckdb.connect() as connection:
            connection.execute("CREATE TABLE frame AS SELECT ? AS name", [name])
            connection.table("frame").write_parquet(str(tmp_path / name / "accounts.parquet"))

    assert list(Evidence(tmp_path / "run ?").frame("accounts")["name"]) == ["run ?"]
