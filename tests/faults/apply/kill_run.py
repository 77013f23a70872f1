"""A program for the kill tests: run one night on the given folder, and die by SIGKILL before step N."""

from __future__ import annotations

import json
import os
import signal
import sys
from itertools import count
from pathlib import Path

from tests.faults.apply.crm_peer import CrmPeer
from tests.faults.apply.night import Night

if __name__ == "__main__":
    folder, wishes, last_step = Path(sys.argv[1]), json.loads(sys.argv[2]), int(sys.argv[3])
    steps = count(1)

    def die(_step: str) -> None:
        if next(steps) == last_step:
            os.kill(os.getpid(), signal.SIGKILL)

    Night(folder / "state" / "store.sqlite", CrmPeer(folder / "crm.json", at=die)).run(wishes)
