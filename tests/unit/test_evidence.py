import json

import pytest

from connectors.facts.build import TRACE_FILE
from sync.evidence import Evidence, EvidenceError


@pytest.fixture
def evidence(tmp_path):
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "figures.json").write_text(json.dumps({"first_day": "2025-01-01", "last_day": "2025-12-31"}))
    return Evidence(folder)


def test_a_ledger_without_a_trace_has_no_records_to_show(evidence, tmp_path):
    with pytest.raises(EvidenceError, match="the ledger has no records"):
        evidence.trace(tmp_path / "ledger", "001")


def test_a_damaged_trace_is_told_with_its_place_and_not_as_a_bug(evidence, tmp_path):
    trace = tmp_path / "ledger" / TRACE_FILE
    trace.parent.mkdir(parents=True)
    trace.write_bytes(b"PAR1 and then nothing")

    with pytest.raises(EvidenceError, match="damaged") as caught:
        evidence.trace(tmp_path / "ledger", "001")

    assert caught.value.where == str(trace)
