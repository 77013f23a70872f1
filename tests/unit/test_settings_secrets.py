"""Secrets come from two places only, from files that nobody else can read, and are never shown."""

from __future__ import annotations

import copy
import dataclasses
import json
import os
import pickle
import shutil
import tempfile
import traceback
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync.errors import ConfigError, SecretFileError
from sync.settings import HubSpotSecrets, SalesforceSecrets, Secret, load_settings
from sync.settings.secrets import VARIABLES, read_secrets

ID, SECRET = "WHALECURVE_SALESFORCE_CLIENT_ID", "WHALECURVE_SALESFORCE_CLIENT_SECRET"
USER, KEY_FILE = "WHALECURVE_SALESFORCE_USERNAME", "WHALECURVE_SALESFORCE_PRIVATE_KEY_FILE"
TOKEN = "WHALECURVE_HUBSPOT_ACCESS_TOKEN"
PEM = "-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----\n"


def write(path, text, mode=0o600):
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return path


def salesforce(folder, environ=()):
    return read_secrets(folder, dict(environ), crm="salesforce").salesforce()


def hubspot(folder, environ=()):
    return read_secrets(folder, dict(environ), crm="hubspot").hubspot()


def test_environment_wins_over_the_file(tmp_path):
    write(tmp_path / ".env", f"{ID}=from-file\n{SECRET}=also-from-file\n")
    found = salesforce(tmp_path, {ID: "from-environment"})

    assert found.client_id.reveal() == "from-environment"
    assert found.client_secret.reveal() == "also-from-file"


def test_blank_variable_of_the_environment_counts_as_not_set(tmp_path):
    write(tmp_path / ".env", f"{TOKEN}=from-file\n")

    assert hubspot(tmp_path, {TOKEN: ""}).access_token.reveal() == "from-file"


def test_file_is_never_put_into_the_environment(tmp_path):
    write(tmp_path / ".env", f"{TOKEN}=from-file\n")
    before = dict(os.environ)
    hubspot(tmp_path)

    assert dict(os.environ) == before


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("00123", "00123"),
        ("true", "true"),
        ("1e5", "1e5"),
        ("${HOME}", "${HOME}"),
        ("'a b # c'", "a b # c"),
        ('"quoted=="', "quoted=="),
        ("p@ss!w0rd==", "p@ss!w0rd=="),
        ("pässwörd", "pässwörd"),
    ],
)
def test_value_is_taken_as_it_stands(tmp_path, line, value):
    write(tmp_path / ".env", f"# a comment\nexport {TOKEN}={line}\n")

    assert hubspot(tmp_path).access_token.reveal() == value


def test_jwt_login_takes_the_text_of_the_key_file_beside_the_configuration(tmp_path):
    write(tmp_path / "key.pem", PEM)
    found = salesforce(tmp_path, {ID: "id", USER: "robot@acme.example", KEY_FILE: "key.pem"})

    assert found == SalesforceSecrets(Secret("id"), None, Secret("robot@acme.example"), Secret(PEM))


def test_two_ways_to_log_in_are_one_too_many(tmp_path):
    write(tmp_path / "key.pem", PEM)
    with pytest.raises(ConfigError, match="both ways"):
        salesforce(tmp_path, {ID: "id", SECRET: "x", USER: "robot", KEY_FILE: "key.pem"})


def test_secrets_of_the_other_crm_are_not_touched(tmp_path):
    assert hubspot(tmp_path, {TOKEN: "x", KEY_FILE: "gone.pem"}) == HubSpotSecrets(Secret("x"))


def test_all_missing_secrets_are_told_with_every_place_looked_in(tmp_path):
    with pytest.raises(ConfigError) as caught:
        salesforce(tmp_path)

    assert str(caught.value).replace(str(tmp_path), "FOLDER") == (
        "2 problems in the configuration\n"
        f"  {ID}: is not set; Salesforce: consumer key of the External Client App\n"
        f"  {SECRET}: is not set; Salesforce, client credentials flow: consumer secret of that app\n"
        "  do: Set it in one of the places looked in: the environment, then FOLDER/.env (there is none). "
        "See .env.example."
    )


def test_half_a_jwt_login_tells_the_other_half(tmp_path):
    with pytest.raises(ConfigError, match=KEY_FILE):
        salesforce(tmp_path, {ID: "id", USER: "robot"})


def test_blank_and_misspelt_variables_are_pointed_out(tmp_path):
    write(tmp_path / ".env", "WHALECURVE_HUBSPOT_ACCES_TOKEN=s3cr3t\n")
    with pytest.raises(ConfigError, match="WHALECURVE_HUBSPOT_ACCES_TOKEN is set: is it meant"):
        hubspot(tmp_path)
    with pytest.raises(ConfigError, match="is blank in the environment"):
        hubspot(tmp_path, {TOKEN: ""})


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o666, 0o601])
def test_file_that_others_may_touch_is_refused_with_the_command_that_closes_it(tmp_path, mode):
    path = write(tmp_path / ".env", f"{TOKEN}=s3cr3t\n", mode)
    with pytest.raises(SecretFileError) as caught:
        hubspot(tmp_path)

    assert caught.value.code == "WC-013"
    assert f"mode 0{mode:o}" in str(caught.value)
    assert f"chmod 600 {path}" in str(caught.value)


def test_locked_file_is_told_and_not_passed_over(tmp_path):
    path = write(tmp_path / ".env", f"{TOKEN}=s3cr3t\n", 0o000)
    with pytest.raises(SecretFileError, match=f"chmod 600 {path}"):
        hubspot(tmp_path, {TOKEN: "in-the-environment-too"})


def test_symbolic_link_is_refused(tmp_path):
    write(tmp_path / "real", f"{TOKEN}=s3cr3t\n")
    (tmp_path / ".env").symlink_to("real")
    with pytest.raises(SecretFileError, match="symbolic link"):
        hubspot(tmp_path)


def test_dangling_link_is_refused(tmp_path):
    (tmp_path / ".env").symlink_to("nowhere")
    with pytest.raises(SecretFileError, match="symbolic link"):
        hubspot(tmp_path)


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo], ids=["folder", "pipe"])
def test_what_is_no_plain_file_is_refused_at_once(tmp_path, make):
    make(tmp_path / ".env")
    with pytest.raises(SecretFileError, match="not a regular file"):
        hubspot(tmp_path)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_file_of_another_user_is_refused(tmp_path):
    os.chown(write(tmp_path / ".env", f"{TOKEN}=s3cr3t\n"), 12345, -1)
    with pytest.raises(SecretFileError, match="belongs to user id 12345"):
        hubspot(tmp_path)


def test_command_in_the_remedy_survives_a_folder_with_blanks(tmp_path):
    folder = tmp_path / "my firm"
    folder.mkdir()
    write(folder / ".env", "", 0o644)
    with pytest.raises(SecretFileError, match=r"chmod 600 '.*my firm/.env'"):
        hubspot(folder)


def test_broken_line_is_told_by_its_number_alone(tmp_path):
    write(tmp_path / ".env", f"{TOKEN}=fine\n'unfinished s3cr3t\n")
    with pytest.raises(SecretFileError) as caught:
        hubspot(tmp_path)

    assert caught.value.where == f"{tmp_path / '.env'}:2"
    assert "s3cr3t" not in str(caught.value)


@pytest.mark.parametrize("content", [b"\xff\xfe", b"x" * 1_100_000], ids=["not text", "too large"])
def test_file_that_is_no_text_of_reasonable_size_is_refused(tmp_path, content):
    (tmp_path / ".env").write_bytes(content)
    (tmp_path / ".env").chmod(0o600)
    with pytest.raises(SecretFileError):
        hubspot(tmp_path)


@pytest.mark.parametrize("text", ["s3cr3t\n", " s3cr3t", "s3\r\ncr3t", "s3\x00cr3t"])
def test_value_that_no_header_can_carry_is_refused_unseen(tmp_path, text):
    with pytest.raises(SecretFileError, match=TOKEN) as caught:
        hubspot(tmp_path, {TOKEN: text})

    assert "cr3t" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "mode", "told"),
    [
        (PEM, 0o644, "open to other users"),
        ("not a key s3cr3t", 0o600, "not a private key"),
        (PEM.replace("PRIVATE", "ENCRYPTED PRIVATE"), 0o600, "passphrase"),
        (None, 0, "there is none"),
    ],
)
def test_private_key_file_is_held_to_the_same_rules(tmp_path, text, mode, told):
    if text is not None:
        write(tmp_path / "key.pem", text, mode)
    with pytest.raises(SecretFileError, match=told) as caught:
        salesforce(tmp_path, {ID: "id", USER: "robot", KEY_FILE: "key.pem"})

    assert "s3cr3t" not in str(caught.value)


def test_secret_is_equal_by_value_and_cannot_be_stored():
    assert Secret("a") == Secret("a") != Secret("b")
    assert hash(Secret("a")) == hash(Secret("a"))
    assert Secret("a") != "a"
    assert copy.deepcopy(Secret("a")) == Secret("a")
    for store in (pickle.dumps, json.dumps):
        with pytest.raises(TypeError):
            store(Secret("s3cr3t"))


# letters that neither a message nor a path holds in this order, as long as real secrets are
RANDOM_SECRETS = st.text("QXZ0123456789#$%&*+-.!~^|", min_size=12, max_size=60).filter(
    lambda text: "QX" in text or "Z" in text
)


@settings(deadline=None, max_examples=50)
@given(RANDOM_SECRETS, st.sampled_from(["environment", "file"]))
def test_secret_that_is_found_is_in_no_text_made_of_the_settings(secret, place):
    folder = Path(tempfile.mkdtemp())
    try:
        (folder / "exports").mkdir()
        write(folder / "whalecurve.toml", '[crm]\nkind = "hubspot"\n[books]\nhome_currency = "EUR"\n')
        if place == "file":
            write(folder / ".env", f"{TOKEN}='{secret}'\n")
        loaded = load_settings(folder / "whalecurve.toml", environ={TOKEN: secret} if place == "environment" else {})
    finally:
        shutil.rmtree(folder)

    assert loaded.secrets.hubspot().access_token.reveal() == secret
    token = loaded.secrets.hubspot().access_token
    texts = [
        repr(loaded),
        str(loaded),
        repr(dataclasses.asdict(loaded.secrets)),
        f"{token} {token!r}",
        f"{loaded.secrets}",
    ]
    texts.append(json.dumps(dataclasses.asdict(loaded.secrets), default=str))
    for text in texts:
        assert secret not in text


WRONG_PLACES = st.sampled_from(
    [
        '[crm]\nkind = "hubspot"\naccess_token = "{}"\n',
        '[crm]\nkind = "hubspot"\nunknown = "{}"\n',
        '[crm]\nkind = "{}"\n',
        '[crm]\nkind = "hubspot"\naccount_key = "{}"\n',
        '[crm]\nkind = "hubspot"\nurl = "https://user:{}@api.hubapi.com"\n',
        '[crm]\nkind = "hubspot"\nurl = "https://api.hubapi.com/?hapikey={}"\n',
        '[crm]\nkind = "hubspot"\nprofile = ["{}"]\n',
        '[crm]\nkind = "hubspot"\ntoken = "{}\n',
        'secrets = {{ hubspot = "{}" }}\n',
        '[env.test.crm]\nclient_secret = "{}"\n',
        '[books]\nrequired_sources = ["{}"]\n',
    ]
)


@settings(deadline=None, max_examples=50)
@given(RANDOM_SECRETS.map(lambda text: text + "Q" * 13), WRONG_PLACES)
def test_secret_in_the_wrong_place_is_in_no_message_and_no_traceback(secret, template):
    folder = Path(tempfile.mkdtemp())
    try:
        write(folder / "whalecurve.toml", template.format(secret))
        with pytest.raises(ConfigError) as caught:
            load_settings(folder / "whalecurve.toml", environ={}, env=None)
    finally:
        shutil.rmtree(folder)

    assert secret not in str(caught.value) + repr(caught.value)
    assert secret not in "".join(traceback.format_exception(caught.value))


def test_every_variable_belongs_to_one_crm():
    assert {name.split("_")[1] for name in VARIABLES} == {"SALESFORCE", "HUBSPOT"}
