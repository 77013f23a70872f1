"""What all parts of a mapping file have in common: unknown keys are errors, patterns are tried when they are read."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, StrictStr

GROUP_MARK = "{group}"
"""In the pattern of a total row: the name of the group that it closes."""


def _checked_regex(text: str) -> str:
    try:
        re.compile(text.replace(GROUP_MARK, ""))
    except re.error as error:
        raise ValueError(f"not a regular expression: {error}") from error
    return text


Regex = Annotated[StrictStr, AfterValidator(_checked_regex)]
Texts = tuple[StrictStr, ...]


class MappingPart(BaseModel):
    """A table of a mapping file: unknown keys are errors, and nothing changes after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)
