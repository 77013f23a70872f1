"""The maps of words: tasks to categories, GL accounts to uses."""

from pathlib import Path

import pytest

from connectors.maps import MapFileError, load_categories, load_gl_accounts

CONFIG = Path(__file__).parents[2] / "config"


def written(tmp_path, text):
    path = tmp_path / "map.toml"
    path.write_text(text, encoding="utf-8")
    return path


def category(task=None, project=None, tags=None, *, is_internal=False):
    shipped = load_categories(CONFIG / "categories.toml")
    return shipped.category(is_internal=is_internal, task=task, project=project, tags=tags)


def test_the_shipped_maps_can_be_read():
    assert category("Delivery") == "delivery"
    assert load_gl_accounts(CONFIG / "gl_accounts.toml").use(gl_account="freelancers", supplier=None) == "contractor"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ({"task": "  Project   MANAGEMENT "}, "service"),
        ({"task": "Support", "project": "Design"}, "service"),
        ({"task": "Sprint 9", "project": "Design"}, "delivery"),
        ({"task": "Sprint 9", "project": "Website", "tags": "urgent, Support"}, "service"),
        ({"tags": "Support, Meeting"}, "service"),
        ({"tags": "Support, Design"}, None),
        ({"task": "Sprint 9"}, None),
        ({"task": "Sales"}, None),
        ({}, None),
    ],
)
def test_task_comes_before_project_and_project_before_tags(words, expected):
    assert category(**words) == expected


def test_hours_for_nobody_have_categories_of_their_own():
    assert category("Sales", is_internal=True) == "sales"
    assert category("Design", is_internal=True) is None


def test_an_unknown_category_names_line_and_nearest(tmp_path):
    path = written(tmp_path, '# delivry is no category\n[account]\nservice = ["a"]\n\ndelivry = ["b"]\n')
    with pytest.raises(MapFileError, match="did you mean 'delivery'") as caught:
        load_categories(path)
    assert caught.value.where == f"{path}:5"


def test_a_name_under_two_categories_is_refused_where_it_stands_again(tmp_path):
    path = written(tmp_path, '[account]\ndelivery = ["Call"]\nservice = [\n  "ticket",\n  "call",\n]\n')
    with pytest.raises(MapFileError, match="under delivery and under service") as caught:
        load_categories(path)
    assert caught.value.where == f"{path}:5"


def test_a_name_may_stand_in_both_tables(tmp_path):
    path = written(tmp_path, '[account]\nservice = ["training"]\n[internal]\ntraining = ["training"]\n')
    loaded = load_categories(path)

    assert (loaded.account["training"], loaded.internal["training"]) == ("service", "training")


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("[account]\ndelivery = 'x'\n", "list of names"),
        ("[account]\ndelivery = [1]\n", "list of names"),
        ("[account]\ndelivery = ['']\n", "list of names"),
        ("[acount]\n", "did you mean 'account'"),
        ("account = 1\n", "unknown key"),
        ("[account\n", "cannot be read"),
    ],
)
def test_whatever_else_is_refused(tmp_path, text, what):
    with pytest.raises(MapFileError, match=what):
        load_categories(written(tmp_path, text))


def test_a_missing_or_undecodable_file_is_refused(tmp_path):
    with pytest.raises(MapFileError, match="cannot be read"):
        load_categories(tmp_path / "none.toml")
    (tmp_path / "latin.toml").write_bytes(b"[account]\ndelivery = ['caf\xe9']\n")
    with pytest.raises(MapFileError, match="cannot be read"):
        load_categories(tmp_path / "latin.toml")


@pytest.mark.parametrize(
    ("gl_account", "supplier", "expected"),
    [
        ("310", None, "pass_through"),
        ("310", "Studio  NOORD", "contractor"),
        ("310", "Nobody", "pass_through"),
        ("999", "Studio Noord", "contractor"),
        ("999", None, None),
        ("800", "Studio Noord", "ignore"),
        ("Rent", None, "pool:facilities"),
    ],
)
def test_a_supplier_comes_before_its_gl_account_unless_that_is_ignored(tmp_path, gl_account, supplier, expected):
    text = (
        '[gl_account]\n310 = "pass_through"\n800 = "ignore"\nrent = "pool:facilities"\n'
        '[supplier]\n"Studio Noord" = "contractor"\n'
    )
    assert load_gl_accounts(written(tmp_path, text)).use(gl_account=gl_account, supplier=supplier) == expected


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ('"310" = "contracter"', "did you mean 'contractor'"),
        ('"310" = "pool:"', "pool:NAME"),
        ('"310" = 4', "unknown use 4"),
        ('"310" = ["expense"]', "unknown use"),
        ('"Rent" = "ignore"\n"RENT" = "ignore"', "twice"),
    ],
)
def test_a_wrong_use_names_its_line(tmp_path, line, what):
    path = written(tmp_path, f"[gl_account]\n{line}\n")
    with pytest.raises(MapFileError, match=what) as caught:
        load_gl_accounts(path)
    assert caught.value.where == f"{path}:{1 + len(line.splitlines())}"
