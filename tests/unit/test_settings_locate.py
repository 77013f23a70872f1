"""The line of every key is found, whatever form a TOML text takes."""

from __future__ import annotations

import tomllib
from textwrap import dedent

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync.settings.locate import locate_keys

TOML = dedent('''\
    # kind = "in a comment"
    title = "has = and [crm] inside"   # and a comment
    "quoted.key" = 'it is # not a comment'
    physical.colour.main = 5
    text = """
    [crm]
    kind = 1
    \\"""
    """
    other = \'\'\'
    url = 2\'\'\'

    [crm]
    kind = "salesforce"
    patience.attempts = 3
    list = [
      "a",  # ] is not the end
      'b]',
      [1, 2],
      { inner = "x", deep.er = [7] },
    ]
    when = 1979-05-27 07:32:00

    [late.rates]
    not_due = 0.1
    [ late . other ]
    x = { y = { z = 1 } }
    [[shop]]
    name = "one"
    [[shop]]
    name = "two"
    [shop.address]
    city = "here"
    ''')


def line_of(path):
    return locate_keys(TOML)[path].line


def lines_with(text):
    return [number for number, line in enumerate(TOML.splitlines(), 1) if text in line]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (("title",), "title ="),
        (("quoted.key",), "quoted.key"),
        (("physical", "colour", "main"), "physical."),
        (("physical",), "physical."),
        (("text",), 'text = """'),
        (("other",), "other ="),
        (("crm", "kind"), '"salesforce"'),
        (("crm", "patience", "attempts"), "patience."),
        (("crm", "list", 0), '"a"'),
        (("crm", "list", 1), "'b]'"),
        (("crm", "list", 2, 1), "[1, 2]"),
        (("crm", "list", 3, "inner"), "inner"),
        (("crm", "list", 3, "deep", "er", 0), "inner"),
        (("crm", "when"), "when"),
        (("late",), "[late.rates]"),
        (("late", "rates", "not_due"), "not_due"),
        (("late", "other", "x", "y", "z"), "x = {"),
        (("shop", 0, "name"), '"one"'),
        (("shop", 1, "name"), '"two"'),
        (("shop", 1, "address", "city"), "city"),
    ],
)
def test_key_is_found_on_its_line(path, text):
    assert line_of(path) == lines_with(text)[-1]


def test_table_is_found_at_its_header_not_in_a_multi_line_text():
    assert line_of(("crm",)) == lines_with("[crm]")[-1]


def test_column_counts_from_one():
    assert locate_keys("  a = 1\n")[("a",)].column == 3


def paths_of(value, path=()):
    """Yield every key path of a parsed TOML value."""
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in members:
        yield (*path, key)
        yield from paths_of(inner, (*path, key))


def test_exactly_the_keys_that_tomllib_reads_are_found():
    assert set(locate_keys(TOML)) == set(paths_of(tomllib.loads(TOML)))


BARE = st.text("abcXYZ019_-", min_size=1, max_size=5)
QUOTED = st.text("ab.#=[]{}\" '", max_size=4).map(lambda text: '"' + text.replace('"', '\\"') + '"')
KEYS = st.one_of(BARE, QUOTED, BARE.map(lambda text: f"'{text}.'"))
SCALARS = st.one_of(
    st.sampled_from(
        ['"#"', "'\"'", '"""\nk = 1\n[t]\n"""', "'''x\n]'''", "'''a''''", '"""b"""""', '"\\""', "true", "1.5e3"]
    ),
    st.sampled_from(["1979-05-27 07:32:00", "07:32:00", "0x1F", "inf", '""', "''"]),
)


def _array(inner):
    separators = st.sampled_from([", ", ",\n  ", " , # ]\n", ","])
    return st.builds(lambda parts, gap: "[" + gap.join(parts) + "]", st.lists(inner, max_size=3), separators)


def _inline(inner):
    return st.dictionaries(BARE, inner, max_size=3).map(
        lambda pairs: "{" + ", ".join(f"{key} = {value}" for key, value in pairs.items()) + "}"
    )


# an inline table must stand on one line, so what is inside one has no line ends
VALUES = st.recursive(
    SCALARS, lambda inner: st.one_of(_array(inner), _inline(inner.filter(lambda v: "\n" not in v))), max_leaves=6
)
STATEMENTS = st.one_of(
    st.builds(lambda keys, value: f"{'.'.join(keys)} = {value}", st.lists(KEYS, min_size=1, max_size=2), VALUES),
    st.builds(lambda keys: f"[{' . '.join(keys)}]", st.lists(KEYS, min_size=1, max_size=2)),
    st.builds(lambda key: f"[[ {key} ]]", KEYS),
    st.sampled_from(["# a = 1", "", "\t"]),
)


@settings(deadline=None)  # the machine may be busy
@given(st.lists(STATEMENTS, max_size=8).map("\n".join))
def test_any_text_that_tomllib_reads_has_all_its_keys_found(text):
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    found = locate_keys(text)

    assert set(found) == set(paths_of(values))
    lines = text.split("\n")
    for path, position in found.items():
        rest = lines[position.line - 1][position.column - 1 :]
        assert rest, path
