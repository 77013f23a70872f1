"""The configuration: read once, checked as a whole, and frozen.

    settings = load_settings(None, environ=os.environ)
    settings.policy.tiers.margin_a          # Fraction(1, 5)
    settings.secrets.salesforce()           # asks for what a login needs, prints as ***

`whalecurve.toml` and `policy.toml` are described in `config/README.md`. Flow: `load` finds the file, `document` reads
it with the line of each key (`locate`), `check` holds it against `main_tables` and `policy_tables`, `wording` says what
is wrong, `settle` makes the frozen settings of `settled`, and `secrets` looks for what logs us in.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from sync.settings.paths import shipped_config
from sync.settings.secrets import HubSpotSecrets, SalesforceSecrets, Secret, Secrets
from sync.settings.settled import (
    BooksSettings,
    CrmSettings,
    DataSettings,
    EngineSettings,
    FileSettings,
    Settings,
)

__all__ = [
    "BooksSettings",
    "CrmSettings",
    "DataSettings",
    "EngineSettings",
    "FileSettings",
    "HubSpotSecrets",
    "SalesforceSecrets",
    "Secret",
    "Secrets",
    "Settings",
    "load_settings",
    "shipped_config",
]


def load_settings(path: Path | None, *, environ: Mapping[str, str], env: str | None = None) -> Settings:
    """Read and check the whole configuration.

    Args:
        path: the configuration file; None: `$WHALECURVE_CONFIG`, else `./whalecurve.toml`.
        environ: the environment; secrets in it win over those in the `.env` beside the configuration file.
        env: name of the `[env.NAME]` table whose keys replace those of the other tables.

    Raises:
        ConfigError: no configuration, or anything wrong with it; every problem with file, line and key.
        SecretFileError: `.env` or the private key file is open to others, locked or broken.
    """
    from sync.settings.load import load  # pydantic stays unloaded until a configuration is read

    return load(path, environ=environ, env=env)
