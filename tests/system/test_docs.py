"""The pages say what the program does: generated ones are up to date, links lead somewhere, commands exist."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

from sync.cli import app
from sync.reference import pages
from sync.report.tables import table

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["commands.md", "fields.md", "errors.md", "exit-codes.md"])
def test_generated_page_is_up_to_date(name: str) -> None:
    assert (ROOT / "docs" / name).read_text(encoding="utf-8") == pages()[name], "run `make docs`"


def tracked_files() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True).stdout
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


@pytest.mark.parametrize(
    "page", sorted(path.relative_to(ROOT).as_posix() for path in ROOT.glob("**/*.md") if ".venv" not in path.parts)
)
def test_links_lead_to_files(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    targets = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", text)

    missing = [target for target in targets if "://" not in target and not ((ROOT / page).parent / target).exists()]

    assert missing == []


def test_every_command_that_the_readme_names_exists() -> None:
    named = set(re.findall(r"(?:`|\$ )whalecurve (?:-q )?(?:--config \S+ )?([a-z]+)", README))

    assert named <= set(app.commands)
    assert {"plan", "sync", "explain", "status", "doctor", "exports"} <= named


def test_every_make_target_that_the_readme_names_exists() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")

    assert set(re.findall(r"`make ([a-z]+)`|\$ make ([a-z]+)", README)) != set()
    for pair in re.findall(r"`make ([a-z]+)`|\$ make ([a-z]+)", README):
        assert f"\n{pair[0] or pair[1]}:" in makefile


def test_every_heading_that_an_own_template_takes_is_documented() -> None:
    page = (ROOT / "config" / "exports" / "README.md").read_text(encoding="utf-8")
    documented = set(re.findall(r"`([a-z_]+)`", page.split("## Own templates")[1]))
    missing = {}
    for path in sorted((ROOT / "config" / "exports").glob("own-*.toml")):
        columns = tomllib.loads(path.read_text(encoding="utf-8"))["columns"]
        headings = {heading.replace("{home}", "eur") for column in columns.values() for heading in column["from"]}
        if headings - documented:
            missing[path.stem] = headings - documented

    assert missing == {}


def test_every_file_that_the_readme_copies_from_the_checkout_exists() -> None:
    copied = re.findall(r"/path/to/checkout/(\S+)", README)

    assert len(copied) >= 2
    assert [name for name in copied if not (ROOT / name).is_file()] == []


def test_no_file_names_a_package_registry_or_a_lock_with_hosts() -> None:
    hosts = re.compile(r"(py" + r"pi|npm" + r"js|pythonhos" + r"ted|deb\.deb" + r"ian)\.(org|com)")
    files = tracked_files()
    if not files:
        pytest.skip("not a git checkout")

    named = [path.name for path in files if hosts.search(path.read_text(encoding="utf-8", errors="ignore"))]

    assert named == []
    assert not any(path.name == "uv.lock" for path in files)


def test_tables_are_aligned_and_never_wrapped() -> None:
    lines = table([("NAME", "AMOUNT"), ("x" * 200, "1.00"), ("y", "-12,345.67")], right=frozenset({1}))

    assert len(lines) == 3
    assert {len(line) for line in lines[1:]} == {len(lines[0])}
