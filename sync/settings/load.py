"""Find, read and check the configuration; every problem of both files is told at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path

from profitability.units import to_minor
from sync.errors import ConfigError
from sync.settings.check import MAIN_NAME, POLICY_NAME, Checked, check_main, check_policy
from sync.settings.main_tables import MainFile
from sync.settings.paths import is_file, shipped_config
from sync.settings.policy_tables import PolicyFile
from sync.settings.problems import Problem, config_error
from sync.settings.secrets import read_secrets
from sync.settings.settle import (
    companion,
    settle_books,
    settle_crm,
    settle_engine,
    settle_files,
    settle_guards,
    settle_policy,
)
from sync.settings.settled import DataSettings, Settings

CONFIG_VARIABLE = "WHALECURVE_CONFIG"
_REMEDY = "Correct what is named; nothing was read from a CRM or written. Every key: config/README.md."


def load(path: Path | None, *, environ: Mapping[str, str], env: str | None) -> Settings:
    """Do the work of `sync.settings.load_settings`."""
    found = find_config(path, environ)
    folder = found.absolute().parent
    main = check_main(found, env=env, folder=folder)
    policy = check_policy(_policy_path(main, found.parent))
    problems = [*main.problems, *policy.problems, *_amount_problems(main, policy)]
    if problems or main.tables is None or policy.tables is None:
        raise config_error(problems, remedy=_REMEDY)
    tables = main.tables
    data = DataSettings(folder / tables.data.folder)
    books = settle_books(tables.books, tables.sources, folder=folder)
    return Settings(
        path=found,
        environment=env,
        crm=settle_crm(tables.crm),
        books=books,
        data=data,
        engine=settle_engine(tables.engine, folder=folder, data=data.folder),
        files=settle_files(tables.files, folder=folder, exports=books.exports),
        policy=settle_policy(policy.tables, home_currency=books.home_currency),
        guards=settle_guards(policy.tables),
        secrets=read_secrets(folder, environ, crm=tables.crm.kind),
        warnings=tuple(_warnings(tables, main, env)),
    )


def find_config(path: Path | None, environ: Mapping[str, str]) -> Path:
    """Return the configuration file: the one asked for, else `$WHALECURVE_CONFIG`, else `./whalecurve.toml`.

    Raises:
        ConfigError: it does not exist; tells where was looked.
    """
    named = environ.get(CONFIG_VARIABLE)
    wanted = path or Path(named or MAIN_NAME)
    if is_file(wanted):
        return wanted
    if path or named:
        place = "--config" if path else f"${CONFIG_VARIABLE}"
        raise ConfigError(f"{place} names this file, and there is none", where=str(wanted), remedy="Correct the path.")
    raise ConfigError(
        f"no configuration; looked at --config (not given), ${CONFIG_VARIABLE} (not set), ./{MAIN_NAME} (not there)",
        where=str(Path.cwd()),
        remedy=f"For a first look: whalecurve demo. Else copy {shipped_config(MAIN_NAME)} here and fill it in.",
    )


def _policy_path(main: Checked[MainFile], folder: Path) -> Path:
    """Return where `policy.toml` is, also when something else in the main file is wrong."""
    files = main.values.get("files")
    stated = files.get("policy") if isinstance(files, dict) else None
    is_usable = isinstance(stated, str) and is_file(folder / stated)
    return companion(POLICY_NAME, stated if is_usable else None, folder=folder)


def _amount_problems(main: Checked[MainFile], policy: Checked[PolicyFile]) -> Iterator[Problem]:
    """Yield what only both files together show: an amount finer than the home currency."""
    if main.tables is None or policy.tables is None:
        return
    currency = main.tables.books.home_currency
    amounts = {
        ("pricing", "standard_rate"): policy.tables.pricing.standard_rate,
        ("remedies", "light_package"): policy.tables.remedies.light_package,
    }
    for path, amount in amounts.items():
        try:
            to_minor(amount or Decimal(0), currency)
        except ValueError:
            what = f"{'.'.join(path)}: found {amount}; expected no more digits than {currency} has"
            yield Problem(policy.place(*path), what)


def _warnings(tables: MainFile, main: Checked[MainFile], env: str | None) -> Iterator[str]:
    if tables.crm.kind == "hubspot" and tables.crm.profile == "tier-and-money":
        yield (
            f"{main.place('crm', 'profile', env=env)}: crm.profile: HubSpot shows amounts and margins to everybody who "
            "may see companies, unless an administrator limits who may view each of these properties; "
            "have that done before the first sync"
        )
