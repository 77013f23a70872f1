"""What can stop the nightly job on our own side, by the recovery that it asks for.

Failures of a CRM or an input file are in `connectors.errors`; exit codes of all are in `sync.exit_codes`.
"""

from __future__ import annotations

from profitability.errors import WhalecurveError


class ConfigError(WhalecurveError):
    """The configuration or the command line says something that cannot be used."""

    code = "WC-010"


class SecretFileError(ConfigError):
    """A file with secrets can be read by others, or is not ours."""

    code = "WC-013"


class GuardStopError(WhalecurveError):
    """A guard tripped: the plan is saved, nothing is written until a person approves it."""

    code = "WC-050"


class DriftError(GuardStopError):
    """Too many records changed between the plan and its writing; the rest of the plan is not written."""

    code = "WC-051"


class PlanError(WhalecurveError):
    """A plan cannot be made, found or trusted; nothing is written."""

    code = "WC-052"


class StoreError(WhalecurveError):
    """The store cannot be opened, read or committed; without it nothing may be written to a CRM."""

    code = "WC-060"


class OrgMismatchError(StoreError):
    """The store belongs to another org or portal than the one we are logged in to."""

    code = "WC-061"


class RunActiveError(WhalecurveError):
    """Another run works on the same state folder."""

    code = "WC-070"
