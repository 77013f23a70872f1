"""Turn what pydantic found into sentences of our own: its words, and the values it quotes, never reach a user."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pydantic import ValidationError

from sync.settings.document import Document
from sync.settings.kinds import RuleError
from sync.settings.locate import KeyPath
from sync.settings.problems import Problem, nearest, shown
from sync.settings.schema import Node, all_keys, expected, node_at
from sync.settings.secrets import ACCESS_TOKEN, CLIENT_ID, CLIENT_SECRET, PRIVATE_KEY_FILE, USERNAME

_SECRET_KEYS: Final = (
    (re.compile(r"client.?id|consumer.?key", re.IGNORECASE), CLIENT_ID),
    (re.compile(r"private.?key", re.IGNORECASE), PRIVATE_KEY_FILE),
    (re.compile(r"user.?name", re.IGNORECASE), USERNAME),
    (re.compile(r"token|api.?key|bearer", re.IGNORECASE), ACCESS_TOKEN),
    (re.compile(r"secret|passw|passphrase|credential", re.IGNORECASE), CLIENT_SECRET),
)


def secret_variable(key: str) -> str | None:
    """Return the environment variable for which a key of this name was probably meant; None: no secret's name."""
    return next((variable for pattern, variable in _SECRET_KEYS if pattern.search(key)), None)


def misplaced_secrets(document: Document) -> Iterator[Problem]:
    """Yield every key, wherever it stands, whose name says that its value is a secret."""
    for path in document.positions:
        variable = secret_variable(str(path[-1]))
        if variable:
            yield Problem(
                document.place(path),
                f"{dotted(path)}: a secret has no place in this file; set {variable} in the environment or in .env, "
                "and renew the secret if others could read the file",
            )


@dataclass(frozen=True, slots=True)
class Shape:
    """What a configuration file may say, and the shape of the other one, where a misplaced key may belong."""

    name: str
    schema: Node
    other_name: str
    other_schema: Node


def sentences(error: ValidationError, *, document: Document, shape: Shape, env: str | None = None) -> Iterator[Problem]:
    """Yield what is wrong with a document, one sentence each, with the line where it stands.

    `error` is what pydantic found in the document's tables with the overrides of `env` put over them.
    """
    for fault in error.errors(include_url=False):
        path = tuple(part for part in fault["loc"] if part != "[key]")
        rule = _broken_rule(fault)
        if rule and rule.key:
            path = (*path, *rule.key.split("."))
        if fault["type"] == "extra_forbidden" and secret_variable(str(path[-1])):
            continue  # told by misplaced_secrets
        overriding: KeyPath = ("env", env, *path) if env else path
        key = dotted(overriding if overriding in document.positions else path)
        what = rule.what if rule else _what(fault, path, shape)
        if rule and rule.key and not {path, overriding} & document.positions.keys():
            what += "; it is not set, so its default counts"
        yield Problem(document.place(overriding, path), f"{key} {what}" if what.startswith("is ") else f"{key}: {what}")


def _broken_rule(fault: Mapping[str, Any]) -> RuleError | None:
    error = fault.get("ctx", {}).get("error")
    return error if isinstance(error, RuleError) else None


def _what(fault: Mapping[str, Any], path: KeyPath, shape: Shape) -> str:
    if fault["type"] == "extra_forbidden" or "[key]" in fault["loc"]:
        return _unknown_key(path, shape)
    node = node_at(shape.schema, path)
    if fault["type"] == "missing":
        return f"is missing; expected {expected(node)}"
    value = fault["input"]
    words = [choice for choice in node.get("enum", ()) if isinstance(choice, str)]
    guess = nearest(value, words) if isinstance(value, str) else None
    return f"found {shown(value)}; expected {expected(node)}{_nearest(guess)}"


def _unknown_key(path: KeyPath, shape: Shape) -> str:
    name = str(path[-1])
    table = node_at(shape.schema, path[:-1])
    siblings = [*table.get("properties", ()), *table.get("propertyNames", {}).get("enum", ())]
    guess = nearest(name, siblings)
    if guess:
        return f"is not a known key{_nearest(guess)}"
    home = _home(name, shape)
    advice = f"it belongs in {home}" if home else f"known are {', '.join(siblings)}"
    return f"is not a known key here; {advice}"


def _home(name: str, shape: Shape) -> str | None:
    """Return the table, of this file or the other, that knows the key or one much like it."""
    homes = {key: f"[{table or key}] of {shape.other_name}" for table, key, _ in all_keys(shape.other_schema)}
    homes |= {key: f"[{table}]" for table, key, _ in all_keys(shape.schema) if table}
    guess = nearest(name, homes, likeness=0.85)
    if guess is None or guess == name:
        return homes.get(name)
    return f'{homes[guess]} as "{guess}"'


def _nearest(guess: str | None) -> str:
    return f'; nearest is "{guess}"' if guess else ""


def dotted(path: KeyPath) -> str:
    """Return a key path as it would stand in TOML (`crm.url`, `books.required_sources[1]`)."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            name = part if re.fullmatch(r"[A-Za-z0-9_-]{1,64}", part) else shown(part)
            text += f".{name}" if text else name
    return text
