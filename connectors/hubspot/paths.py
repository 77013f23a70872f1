"""Where each resource lives, by version of the HubSpot API.

`hubspot-api-client` 12 knows the v3 paths alone; v3 goes unsupported in September 2027 (HubSpot changelog, "Legacy APIs
and legacy apps: what is going unsupported"). Moving on is a change of `HubSpotLogin.api_version`, not of code.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias

ApiVersion: TypeAlias = Literal["v3", "2026-09"]

# HubSpot docs, "Versioning": the date stands behind the resource, where v3 put its version before it.
_PREFIXES: Mapping[ApiVersion, Mapping[str, str]] = {
    "v3": {"objects": "/crm/v3/objects/", "properties": "/crm/v3/properties/"},
    "2026-09": {"objects": "/crm/objects/2026-09/", "properties": "/crm/properties/2026-09/"},
}

ACCOUNT_DETAILS = "/account-info/v3/details"
"""HubSpot docs, "Account information API". Part of no package of the client, and of no dated version yet."""


def versioned(path: str, version: ApiVersion) -> str:
    """Return the path of a v3 call in another version; a path outside the table stays as it is."""
    for resource, prefix in _PREFIXES["v3"].items():
        if path.startswith(prefix):
            return _PREFIXES[version][resource] + path.removeprefix(prefix)
    return path
