"""The secrets that log us in: from the environment, else from `.env`; text as it stands, never printed."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sync.errors import SecretFileError
from sync.settings.owner_only import read_owner_only
from sync.settings.problems import Place, Problem, config_error, nearest

CLIENT_ID: Final = "WHALECURVE_SALESFORCE_CLIENT_ID"
CLIENT_SECRET: Final = "WHALECURVE_SALESFORCE_CLIENT_SECRET"  # noqa: S105 -- a variable's name, not its value
USERNAME: Final = "WHALECURVE_SALESFORCE_USERNAME"
PRIVATE_KEY_FILE: Final = "WHALECURVE_SALESFORCE_PRIVATE_KEY_FILE"
ACCESS_TOKEN: Final = "WHALECURVE_HUBSPOT_ACCESS_TOKEN"  # noqa: S105 -- a variable's name, not its value

VARIABLES: Final[Mapping[str, str]] = {
    CLIENT_ID: "Salesforce: consumer key of the External Client App",
    CLIENT_SECRET: "Salesforce, client credentials flow: consumer secret of that app",
    USERNAME: "Salesforce, JWT bearer flow: user name of the integration user",
    PRIVATE_KEY_FILE: "Salesforce, JWT bearer flow: path of the RSA private key (PEM), owner-only",
    ACCESS_TOKEN: "HubSpot: access token of the private app or service key",
}
"""Every variable that is read, with its meaning; there is no other way to give a secret."""

_PREFIX = "WHALECURVE_"
_UNSENDABLE = re.compile(r"^\s|\s$|[\x00-\x1f\x7f]")


class Secret:
    """A text that prints as `***`; `reveal` is the only way to it."""

    __slots__ = ("__text",)

    def __init__(self, text: str) -> None:
        self.__text = text

    def reveal(self) -> str:
        """Return the text itself, for the call that logs in."""
        return self.__text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self.__text == other.reveal()

    def __hash__(self) -> int:
        return hash((Secret, self.__text))

    def __str__(self) -> str:
        return "***"

    __repr__ = __str__

    def __reduce__(self) -> str:
        raise TypeError("a secret is never stored")

    def __deepcopy__(self, memo: object) -> Secret:
        return self


@dataclass(frozen=True, slots=True)
class SalesforceSecrets:
    """What a Salesforce login needs: the client secret (client credentials), or user name and private key (JWT)."""

    client_id: Secret
    client_secret: Secret | None = None
    username: Secret | None = None
    private_key: Secret | None = None


@dataclass(frozen=True, slots=True)
class HubSpotSecrets:
    """What a HubSpot login needs."""

    access_token: Secret


@dataclass(frozen=True, slots=True)
class Secrets:
    """The secrets that were found; which of them are needed is asked only by what logs in.

    Attributes:
        found: variable -> value (`PRIVATE_KEY_FILE`: the text of the file that it names). Blank ones are left out.
        blank: variables that are set to nothing, with the place where.
        places: where was looked, in order.
        unknown: other names with our prefix that stand there, for a hint at a misspelling.
    """

    found: Mapping[str, Secret]
    blank: Mapping[str, str]
    places: tuple[str, ...]
    unknown: tuple[str, ...]

    def salesforce(self) -> SalesforceSecrets:
        """Return what logs in to Salesforce.

        Raises:
            ConfigError: something is missing, with every place looked in, or both flows are given.
        """
        has_jwt = USERNAME in self.found or PRIVATE_KEY_FILE in self.found
        if has_jwt and CLIENT_SECRET in self.found:
            what = f"both ways to log in are given: {CLIENT_SECRET}, and {USERNAME} with {PRIVATE_KEY_FILE}"
            raise config_error([Problem(Place("Salesforce"), what)], remedy="Remove the one that is not wanted.")
        self._demand(CLIENT_ID, *((USERNAME, PRIVATE_KEY_FILE) if has_jwt else (CLIENT_SECRET,)))
        return SalesforceSecrets(
            self.found[CLIENT_ID],
            self.found.get(CLIENT_SECRET),
            self.found.get(USERNAME),
            self.found.get(PRIVATE_KEY_FILE),
        )

    def hubspot(self) -> HubSpotSecrets:
        """Return what logs in to HubSpot.

        Raises:
            ConfigError: the token is missing, with every place looked in.
        """
        self._demand(ACCESS_TOKEN)
        return HubSpotSecrets(self.found[ACCESS_TOKEN])

    def _demand(self, *names: str) -> None:
        missing = [Problem(Place(name), self._missing(name)) for name in names if name not in self.found]
        if missing:
            places = ", then ".join(self.places)
            raise config_error(missing, remedy=f"Set it in one of the places looked in: {places}. See .env.example.")

    def _missing(self, name: str) -> str:
        if name in self.blank:
            return f"is blank in {self.blank[name]}; {VARIABLES[name]}"
        guess = nearest(name, self.unknown)
        hint = f"; {guess} is set: is it meant?" if guess else ""
        return f"is not set; {VARIABLES[name]}{hint}"


def read_secrets(folder: Path, environ: Mapping[str, str], *, crm: str) -> Secrets:
    """Look for the secrets of one CRM in the environment, then in `.env` in the folder of the configuration.

    Raises:
        SecretFileError: `.env` or the private key file is not safe or not readable, or a value cannot be sent.
    """
    dotenv = folder / ".env"
    in_file, file_place = _read_dotenv(dotenv)
    sources = (("the environment", environ), (str(dotenv), in_file))
    found: dict[str, Secret] = {}
    blank: dict[str, str] = {}
    for name in (name for name in VARIABLES if name.startswith(f"{_PREFIX}{crm.upper()}_")):
        for place, values in sources:
            text = values.get(name)
            if text:
                found[name] = _usable(name, text, folder=folder, place=place)
                break
            if text is not None:
                blank.setdefault(name, place)
    return Secrets(found, blank, ("the environment", file_place), _unknown([*environ, *in_file]))


def _unknown(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted({name for name in names if name.startswith(_PREFIX)} - VARIABLES.keys()))


def _read_dotenv(path: Path) -> tuple[dict[str, str], str]:
    """Return the values of `.env`, taken literally (no `${...}`), and how to name the file as a place looked in."""
    from dotenv.parser import parse_stream

    try:
        text = read_owner_only(path)
    except FileNotFoundError:
        return {}, f"{path} (there is none)"
    bindings = list(parse_stream(io.StringIO(text.removeprefix("\ufeff"))))
    broken = [binding.original.line for binding in bindings if binding.error]
    if broken:
        raise SecretFileError(
            "is not a line NAME=value",
            where=f"{path}:{broken[0]}",
            remedy="Mend the line; put a value with blanks, quotes or # in single quotes.",
        )
    return {binding.key: binding.value or "" for binding in bindings if binding.key is not None}, str(path)


def _usable(name: str, text: str, *, folder: Path, place: str) -> Secret:
    if _UNSENDABLE.search(text):
        raise SecretFileError(
            f"{name} begins or ends with a blank, or holds a line end or control character",
            where=place,
            remedy="Set it again, without the blank or line end that came along in copying.",
        )
    return _private_key(folder / text) if name == PRIVATE_KEY_FILE else Secret(text)


def _private_key(path: Path) -> Secret:
    try:
        text = read_owner_only(path)
    except FileNotFoundError:
        raise SecretFileError(
            f"{PRIVATE_KEY_FILE} names this file, and there is none",
            where=str(path),
            remedy="Correct the path; a relative one starts from the folder of the configuration file.",
        ) from None
    if "PRIVATE KEY-----" not in text:
        raise SecretFileError(
            "is not a private key in PEM form",
            where=str(path),
            remedy='It begins with "-----BEGIN ... PRIVATE KEY-----".',
        )
    if "ENCRYPTED" in text:
        raise SecretFileError(
            "is protected by a passphrase, and there is nobody to type it at night",
            where=str(path),
            remedy="Store it without: openssl pkey -in KEY -out NEW, then chmod 600 NEW.",
        )
    return Secret(text)
