"""The pure engine: fact tables in, verdicts out. No network, clock, environment or logging.

    from profitability import Facts, Policy, evaluate

    verdicts = evaluate(Facts("EUR", {"accounts": accounts, "documents": documents, ...}), Policy(), today)
    verdicts.accounts[["account_id", "published_tier", "ncp_cents"]]

The tables of `Facts` are pandas frames, anything that speaks Arrow (Polars, pyarrow, ...), or paths of Parquet files;
`profitability.facts` gives their columns, dtypes and units, `profitability.verdicts` those of the result.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from profitability.engine import evaluate
    from profitability.errors import DataError
    from profitability.facts import SCHEMAS, Facts
    from profitability.policy import Policy
    from profitability.verdicts import Verdicts

__all__ = ["SCHEMAS", "DataError", "Facts", "Policy", "Verdicts", "evaluate"]

DISTRIBUTION = "whalecurve"

_HOMES = {
    "SCHEMAS": "facts",
    "DataError": "errors",
    "Facts": "facts",
    "Policy": "policy",
    "Verdicts": "verdicts",
    "evaluate": "engine",
}


def __getattr__(name: str) -> object:
    """Import a public name on first use: `whalecurve --help` must not wait for pandas."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
