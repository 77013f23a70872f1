"""What a user reads when the configuration is wrong: one golden file for each kind of problem.

A folder of `tests/golden/config/` holds the files of one wrong configuration, `env.txt` with the name given by
`--env` where there is one, and `expected.txt`. `WHALECURVE_WRITE_GOLDEN=1` writes the expected texts anew; review the
diff.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from sync.errors import ConfigError
from sync.settings import load_settings

GOLDEN = Path(__file__).parent.parent / "golden" / "config"
CASES = sorted(folder.name for folder in GOLDEN.iterdir())


def message(folder):
    name = folder / "env.txt"
    env = name.read_text().strip() if name.exists() else None
    with pytest.raises(ConfigError) as caught:
        load_settings(None, environ={}, env=env)
    assert caught.value.code == "WC-010"
    return str(caught.value).replace(str(folder), "FOLDER") + "\n"


@pytest.mark.parametrize("case", CASES)
def test_message_is_the_one_agreed(case, tmp_path, monkeypatch):
    folder = tmp_path / "config"
    shutil.copytree(GOLDEN / case, folder)
    (folder / "exports").mkdir()
    monkeypatch.chdir(folder)
    told = message(folder)
    expected = GOLDEN / case / "expected.txt"
    if os.environ.get("WHALECURVE_WRITE_GOLDEN"):
        expected.write_text(told, encoding="utf-8")

    assert told == expected.read_text(encoding="utf-8")


@pytest.mark.parametrize("case", CASES)
def test_no_secret_and_no_word_of_the_libraries_is_told(case):
    told = (GOLDEN / case / "expected.txt").read_text(encoding="utf-8").casefold()

    for word in (
        "s3cr3t",
        "hunter2",
        "3mvg9",
        "pat-",
        "robot@",
        "pydantic",
        "input should",
        "decimal",
        "extra_forbidden",
    ):
        assert word not in told
