"""Hold one configuration file against what it may say, overrides of an environment included."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ValidationError

from sync.settings.document import Document, read_document
from sync.settings.main_tables import MainFile
from sync.settings.policy_tables import PolicyFile
from sync.settings.problems import Place, Problem, nearest, shown
from sync.settings.schema import json_schema
from sync.settings.wording import Shape, dotted, misplaced_secrets, sentences

File = TypeVar("File", bound=BaseModel)

MAIN_NAME = "whalecurve.toml"
POLICY_NAME = "policy.toml"


@dataclass(frozen=True, slots=True)
class Checked(Generic[File]):
    """What became of one file: its tables where nothing is wrong with them, and its problems.

    Attributes:
        document: None where the file cannot be read as TOML.
        values: the raw tables, overrides put over them.
    """

    path: Path
    document: Document | None
    values: Mapping[str, Any]
    tables: File | None
    problems: tuple[Problem, ...]

    def place(self, *path: str, env: str | None = None) -> Place:
        """Return the place of a key, as overridden in `env` where it is."""
        return self.document.place(("env", env or "", *path), path) if self.document else Place(str(self.path))


def check_main(path: Path, *, env: str | None, folder: Path) -> Checked[MainFile]:
    """Check `whalecurve.toml` with the overrides of `env`; paths in it start from `folder`.

    Overrides that are not in use are checked too, except for what they may lack and for paths of another machine.
    """
    document = read_document(path)
    if isinstance(document, Problem):
        return Checked(path, None, {}, None, (document,))
    values = _overlaid(document, env)
    tables, problems = _check(MainFile, values, document, env=env, folder=folder)
    found = [
        *misplaced_secrets(document),
        *_env_problems(document, env),
        *problems,
        *_idle_problems(document, env),
    ]
    return Checked(path, document, values, tables, tuple(found))


def check_policy(path: Path) -> Checked[PolicyFile]:
    """Check `policy.toml`."""
    document = read_document(path)
    if isinstance(document, Problem):
        return Checked(path, None, {}, None, (document,))
    tables, problems = _check(PolicyFile, document.values, document)
    return Checked(path, document, document.values, tables, (*misplaced_secrets(document), *problems))


def _check(
    model: type[File],
    values: Mapping[str, Any],
    document: Document,
    *,
    env: str | None = None,
    folder: Path | None = None,
) -> tuple[File | None, list[Problem]]:
    try:
        return model.model_validate(values, context={"folder": folder}), []
    except ValidationError as error:
        return None, list(sentences(error, document=document, shape=_shape(model), env=env))


def _shape(model: type[BaseModel]) -> Shape:
    main, policy = (MAIN_NAME, json_schema(MainFile)), (POLICY_NAME, json_schema(PolicyFile))
    return Shape(*main, *policy) if model is MainFile else Shape(*policy, *main)


def _overrides(document: Document) -> Mapping[str, Any]:
    env = document.values.get("env", {})
    return env if isinstance(env, dict) else {}


def _overlaid(document: Document, env: str | None) -> Mapping[str, Any]:
    over = _overrides(document).get(env or "")
    return _overlay(document.values, over) if isinstance(over, dict) else document.values


def _overlay(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in over.items():
        below = merged.get(key)
        merged[key] = _overlay(below, value) if isinstance(below, dict) and isinstance(value, dict) else value
    return merged


def _env_problems(document: Document, env: str | None) -> Iterator[Problem]:
    names = _overrides(document)
    if env is not None and env not in names:
        guess = nearest(env, names)
        known = f"; nearest is {shown(guess)}" if guess else f"; there are {', '.join(names) or 'none'}"
        yield Problem(document.place(("env",)), f"env: no overrides named {shown(env)}{known}")
    for name, tables in names.items():
        if isinstance(tables, dict) and "env" in tables:
            yield Problem(
                document.place(("env", name, "env")),
                f"{dotted(('env', name, 'env'))} is not a known key; overrides do not nest",
            )


def _idle_problems(document: Document, env: str | None) -> Iterator[Problem]:
    for name, tables in _overrides(document).items():
        if name == env or not isinstance(tables, dict):
            continue
        _, problems = _check(MainFile, _overlaid(document, name), document, env=name)
        yield from (problem for problem in problems if problem.what.startswith(f"{dotted(('env', name))}."))
