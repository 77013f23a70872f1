"""`whalecurve demo` as a newcomer runs it, and the README's picture of it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sync.cli import run

README = Path(__file__).parents[2] / "README.md"
CHANGING = re.compile(r"\d{8}T\d{6}Z-\d+|\b[0-9a-f]{12}\b|001\w{15}|127\.0\.0\.1:\d+|\S*demo/\S*|\(\d+\)")


def plain(line: str) -> str:
    """Return a line without what differs from run to run: ids, ports, paths, the width of columns."""
    return " ".join(CHANGING.sub("~", line).split())


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    import contextlib
    import io

    folder = tmp_path_factory.mktemp("newcomer") / "demo"
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        assert run(["demo", "--folder", str(folder)]) == 0
    return printed.getvalue(), folder


def test_demo_runs_the_main_job_on_both_crms(told: tuple[str, Path]) -> None:
    text, _ = told

    for crm in ("salesforce", "hubspot"):
        assert f"=== {crm}: whalecurve plan ===" in text
    for shown in ("difference 0.00 EUR", "wrote 8 records", "wrote 0 records"):
        assert text.count(shown) == 2, shown
    assert "12 files: 12 accepted" in text


def test_demo_leaves_the_account_pages_with_the_tier_on_them(told: tuple[str, Path]) -> None:
    _, folder = told

    for crm in ("salesforce", "hubspot"):
        page = (folder / f"account-page-{crm}.html").read_text(encoding="utf-8")
        assert "Tier D: does not cover the costs it causes" in page


def test_readme_shows_what_the_demo_prints(told: tuple[str, Path]) -> None:
    text, _ = told
    block = README.read_text(encoding="utf-8").split("```text\n")[1].split("```")[0]
    printed = {plain(line) for line in text.splitlines()}

    shown = [plain(line) for line in block.splitlines() if line.strip() and line.strip() != "..."]

    assert len(shown) > 20
    assert [line for line in shown if line not in printed] == []


def test_demo_leaves_a_folder_that_is_not_its_own_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "letter.txt").write_text("mine", encoding="utf-8")

    assert run(["demo", "--folder", str(tmp_path)]) == 2
    assert "another --folder" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]
