"""Write what is made from the models: `config/README.md` and the JSON schemas.

`python -m sync.settings.reference` writes them into the checkout's `config/`; tests hold them against the models.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from inspect import cleandoc
from pathlib import Path

from pydantic import BaseModel

from sync.settings.check import MAIN_NAME, POLICY_NAME
from sync.settings.main_tables import MainFile
from sync.settings.paths import shipped_config
from sync.settings.policy_tables import PolicyFile
from sync.settings.problems import shown
from sync.settings.schema import Node, expected, json_schema, resolve
from sync.settings.secrets import VARIABLES

_INTRO = """
    <!-- Generated from sync/settings by `python -m sync.settings.reference`; a test holds it against the code. -->

    # Configuration

    | File | What it says |
    |---|---|
    | `whalecurve.toml` | where everything is: CRM, exports, folders, engine |
    | `policy.toml` | the numbers that finance owns: limits of the tiers, rates, guards |
    | `fields.toml` | the CRM fields, under both CRMs' names |
    | `categories.toml` | which task, project or tag is which category of time |
    | `gl_accounts.toml` | which bookkeeping account or supplier is which kind of cost |
    | `exports/` | one mapping per export format |
    | `*.schema.json` | JSON schemas for editors: `#:schema PATH` on the first line of a TOML file (Taplo) |

    Copy `whalecurve.toml` into a folder of your own. It is found by `--config`, else by the variable
    `WHALECURVE_CONFIG`, else in the current folder. Paths in it start from its folder. A `policy.toml`,
    `fields.toml`, `categories.toml` or `gl_accounts.toml` beside it is used; where there is none, the shipped one is.

    Every problem of both files is told at once, with file, line and key. A key that is not known is an error.
    Numbers are taken as written: 0.1 is exactly one tenth. Why a default of `policy.toml` is what it is stands there
    beside it.
"""

_SECRETS = """
    ## Secrets

    Secrets are read from the environment and from a file `.env` beside `whalecurve.toml`, and from nowhere else; the
    environment wins. A blank variable counts as not set. Values are taken as they stand (`00123` stays `00123`, `${X}`
    stays `${X}`) and are never printed. `.env` and the key file must be plain files of mode 0600 that belong to the
    user who runs whalecurve; anything else is refused (WC-013). A secret in a TOML file is refused.

    | Variable | Meaning |
    |---|---|
"""

_OVERRIDES = """
    ## Overrides: `[env.NAME]`

    `whalecurve --env NAME` puts the keys of `[env.NAME.crm]`, `[env.NAME.books]` and so on over those of the tables
    above; what it does not name stays. Overrides that are not in use are checked too. Secrets cannot be overridden
    there: set those of the other CRM as environment variables for that command, which win over `.env`.

    ```toml
    [env.rehearsal.crm]
    url = "https://acme--test.sandbox.my.salesforce.com"

    [env.rehearsal.data]
    folder = "data-rehearsal"
    ```
"""


def config_reference() -> str:
    """Return the text of `config/README.md`."""
    variables = [f"| `{name}` | {meaning} |" for name, meaning in VARIABLES.items()]
    parts = [
        cleandoc(_INTRO),
        *_file_pages(MAIN_NAME, MainFile),
        cleandoc(_OVERRIDES),
        *_file_pages(POLICY_NAME, PolicyFile),
        "\n".join([cleandoc(_SECRETS), *variables]),
    ]
    return "\n\n".join(parts) + "\n"


def config_schema(model: type[BaseModel]) -> str:
    """Return the text of a JSON schema file."""
    return json.dumps(json_schema(model), indent=2) + "\n"


def generated_files() -> dict[str, str]:
    """Return name -> text of each generated file of `config/`."""
    return {
        "README.md": config_reference(),
        "whalecurve.schema.json": config_schema(MainFile),
        "policy.schema.json": config_schema(PolicyFile),
    }


def _file_pages(name: str, model: type[BaseModel]) -> Iterator[str]:
    schema = json_schema(model)
    yield f"## `{name}`"
    for table, node in schema["properties"].items():
        yield from _table_pages(schema, table, node)


def _table_pages(schema: Node, name: str, node: Node) -> Iterator[str]:
    table = resolve(schema, node)
    if "additionalProperties" in table and table["additionalProperties"] is not False:
        inner = table["additionalProperties"]
        if "$ref" in inner:
            yield from _table_pages(schema, f"{name}.{table['x-named']}", inner)
        return
    required = table.get("required", ())
    rows, inner_tables = [], []
    for key, below in table["properties"].items():
        if "$ref" in below:
            inner_tables.append((f"{name}.{key}", below))
        else:
            rows.append(_row(key, below, is_required=key in required))
    head = ["| Key | Takes | Unit | Default | Meaning |", "|---|---|---|---|---|"]
    yield "\n\n".join([f"### `[{name}]`", table["description"], "\n".join([*head, *rows])])
    for inner_name, inner in inner_tables:
        yield from _table_pages(schema, inner_name, inner)


def _row(key: str, node: Node, *, is_required: bool) -> str:
    default = "*required*" if is_required else f"`{_toml(node['default'])}`" if "default" in node else ""
    return f"| `{key}` | {expected(node)} | {node.get('x-unit', '')} | {default} | {node['description']} |"


def _toml(value: object) -> str:
    if isinstance(value, list):
        return f"[{', '.join(_toml(item) for item in value)}]"
    return str(value) if isinstance(value, float) else shown(value)


def write_generated(folder: Path) -> None:
    """Write the generated files into a folder."""
    for name, text in generated_files().items():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write_generated(shipped_config(""))
