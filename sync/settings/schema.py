"""The JSON schemas of the configuration files: for editors, for the reference page, and for what errors say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, TypeAlias

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema

from sync.settings.problems import either

Node: TypeAlias = Mapping[str, Any]


class _TomlSchema(GenerateJsonSchema):
    """JSON schema as an editor of TOML needs it: no null, since a TOML key that is not set is left out."""

    def nullable_schema(self, schema: Any) -> dict[str, Any]:  # noqa: ANN401 -- a dict that pydantic types in its core
        return self.generate_inner(schema["schema"])

    def encode_default(self, dft: Any) -> Any:  # noqa: ANN401 -- the type of the method it replaces
        if isinstance(dft, Decimal):
            return int(dft) if dft == dft.to_integral_value() else float(dft)
        return super().encode_default(dft)


def json_schema(model: type[BaseModel]) -> dict[str, Any]:
    """Return the schema of one configuration file."""
    schema: dict[str, Any] = _tidy(model.model_json_schema(schema_generator=_TomlSchema))
    return {"$schema": "http://json-schema.org/draft-07/schema#", **schema}


def _tidy(node: Any) -> Any:  # noqa: ANN401 -- any JSON value
    """Leave out the titles that pydantic makes up, and defaults of what has none."""
    if isinstance(node, dict):
        kept = {
            key: value
            for key, value in node.items()
            if not (key == "title" and isinstance(value, str)) and not (key == "default" and value is None)
        }
        return {key: _tidy(value) for key, value in kept.items()}
    return [_tidy(item) for item in node] if isinstance(node, list) else node


def resolve(schema: Node, node: Node) -> Node:
    """Follow a `$ref` to the definition that it names."""
    reference = node.get("$ref")
    definition: Node = schema["$defs"][reference.rsplit("/", 1)[-1]] if reference else node
    return definition


def node_at(schema: Node, path: tuple[str | int, ...]) -> Node:
    """Return what the schema says of a key path; empty where it says nothing."""
    node = schema
    for part in path:
        inside = node.get("items") if isinstance(part, int) else node.get("properties", {}).get(part)
        node = resolve(schema, inside or node.get("additionalProperties") or {})
    return node


def all_keys(schema: Node) -> Iterator[tuple[str, str, Node]]:
    """Yield the table (empty: top level), the name and the description of every key, tables before what they hold."""
    return _keys_below(schema, schema, "")


def _keys_below(schema: Node, node: Node, table: str) -> Iterator[tuple[str, str, Node]]:
    for name, inner in node.get("properties", {}).items():
        yield table, name, inner
        yield from _keys_below(schema, resolve(schema, inner), f"{table}.{name}" if table else name)


def expected(node: Node) -> str:
    """Say in words what a key takes."""
    if "x-expected" in node:
        return str(node["x-expected"])
    choices = [node["const"]] if "const" in node else node.get("enum", ())
    if choices:
        return either(choices)
    if node.get("type") == "array":
        return f"a list of {expected(node['items'])}"
    if node.get("required"):
        return f"a table with {', '.join(node['required'])}"
    words = {"boolean": "true or false", "object": "a table", "string": "a text", "integer": "a whole number"}
    return words.get(str(node.get("type")), "another value")
