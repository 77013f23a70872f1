"""What can go wrong between us and a CRM or a file, by the recovery that it asks for."""

from __future__ import annotations

from profitability.errors import WhalecurveError


class CrmError(WhalecurveError):
    """Anything that a CRM connector raises on purpose."""

    code = "WC-020"


class CrmLoginError(CrmError):
    """The CRM refuses our credentials; trying again cannot help."""

    code = "WC-021"


class CrmAccessError(CrmError):
    """Logged in, but a field or an object that we need is missing or hidden from us."""

    code = "WC-022"


class CrmUnavailableError(CrmError):
    """No usable answer within the deadline and the retries; the next run can go on."""

    code = "WC-023"


class CrmBudgetError(CrmError):
    """The daily allowance of API calls is used up; resumable tomorrow."""

    code = "WC-024"


class CrmAnswerError(CrmError):
    """The CRM answered with something that cannot be trusted: cut short, not JSON, results missing."""

    code = "WC-025"


class InputError(WhalecurveError):
    """An export is missing, half-written, stale or wrong; nothing of it was taken."""

    code = "WC-030"
