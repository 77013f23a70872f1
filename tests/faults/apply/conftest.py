"""What the apply tests share: a CRM of five accounts and a state folder."""

from __future__ import annotations

import pytest

from tests.faults.apply.crm_peer import CrmPeer, undisturbed
from tests.faults.apply.night import Night


@pytest.fixture
def peer(tmp_path):
    crm = CrmPeer(tmp_path / "crm.json")
    for number in range(1, 6):
        crm.put(f"a{number}", {"tier": None, "decision": "Keep"}, who="seed")
    return crm


@pytest.fixture
def night(tmp_path, peer):
    return Night(tmp_path / "state" / "store.sqlite", peer)


@pytest.fixture
def new_night(tmp_path_factory):
    """Return a maker of fresh nights, for tests that need many."""

    def make(accounts=5, at=undisturbed):
        folder = tmp_path_factory.mktemp("night")
        crm = CrmPeer(folder / "crm.json", at=at)
        for number in range(1, accounts + 1):
            crm.put(f"a{number}", {"tier": None}, who="seed")
        return Night(folder / "state" / "store.sqlite", crm)

    return make


@pytest.fixture
def wishes():
    return {f"a{number}": {"tier": "B", "review": False, "reason": f"margin {number} %"} for number in range(1, 6)}
