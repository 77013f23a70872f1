"""An error for programs."""

from __future__ import annotations

from profitability.errors import WhalecurveError


def error_data(error: WhalecurveError) -> dict[str, str]:
    """Return an error for --json."""
    return {"code": error.code, "where": error.where, "what": error.what, "do": error.remedy}
