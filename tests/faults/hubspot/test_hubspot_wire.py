"""How requests leave for HubSpot: to whom, over what, how fast, and what is told of them."""

import gzip
import logging
import ssl
from datetime import UTC, datetime, timedelta

import pytest

from connectors.errors import (
    CrmAccessError,
    CrmAnswerError,
    CrmLoginError,
    CrmUnavailableError,
)
from connectors.hubspot.client import HubSpotLogin
from connectors.hubspot.wire import Wire
from connectors.transport import Patience

TOKEN = "pat-na1-do-not-tell"


def company(number, **properties):
    return {"id": str(number), "properties": {"name": "Secret Client Ltd", **properties}}


def cut(connection):
    connection.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{"results": [')


def test_the_token_does_not_follow_a_redirect(connect_hubspot, start_peer):
    here, elsewhere = start_peer(), start_peer()
    elsewhere.answer(elsewhere.reply({"results": []}))
    here.answer(here.reply({}, status=302, Location=elsewhere.url + "/crm/v3/objects/companies/batch/read"))

    with pytest.raises(CrmAnswerError):
        connect_hubspot(here).read_fields(["1"])

    assert elsewhere.connections == 0


def test_a_certificate_that_nobody_vouches_for_is_refused(connect_hubspot, start_peer, self_signed):
    peer = start_peer(tls=self_signed)

    with pytest.raises(CrmUnavailableError, match="certificate"):
        connect_hubspot(peer).check()

    assert peer.requests == []


@pytest.fixture
def self_signed(tmp_path) -> ssl.SSLContext:
    """A server's TLS with a certificate of its own making."""
    x509 = pytest.importorskip("cryptography.x509")
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    certificate = builder.not_valid_before(now).not_valid_after(now + timedelta(days=1)).sign(key, hashes.SHA256())
    pem = tmp_path / "self-signed.pem"
    pem.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    return context


@pytest.mark.parametrize("encoding", ["identity", "gzip"])
def test_a_flood_is_cut_off(peer, encoding, haste):
    flood = b" " * 2_000_000
    peer.answer(peer.reply(body=gzip.compress(flood) if encoding == "gzip" else flood, Content_Encoding=encoding))
    wire = Wire(peer.url, api_version="v3", patience=haste, most_bytes=100_000)

    with pytest.raises(CrmAnswerError, match="larger than 100000 bytes"):
        wire.GET(peer.url + "/crm/v3/objects/companies", headers={})
    wire.close()


def test_a_spent_window_holds_the_next_call_back(peer):
    pauses = []
    limits = {"X_HubSpot_RateLimit_Remaining": "0", "X_HubSpot_RateLimit_Interval_Milliseconds": "10000"}
    peer.answer(peer.reply({}, **limits), peer.reply({}, X_HubSpot_RateLimit_Remaining="99"))
    wire = Wire(peer.url, api_version="v3", patience=Patience(), sleep=pauses.append)

    for _ in range(3):
        wire.GET(peer.url + "/a", headers={})

    assert len(pauses) == 1
    assert 9 < pauses[0] <= 10
    wire.close()


def test_calls_share_one_connection_and_dated_paths_are_one_setting(connect_hubspot, peer):
    peer.answer(peer.reply({"results": []}))
    connector = connect_hubspot(peer, api_version="2026-09")
    peer.answer(peer.reply({"portalId": 1, "timeZone": "UTC"}), peer.reply({"results": []}))

    assert list(connector.pull_accounts()) == []
    assert list(connector.pull_deals()) == []
    assert [request.path.partition("?")[0] for request in peer.requests] == [
        "/account-info/v3/details",
        "/crm/objects/2026-09/companies",
        "/crm/objects/2026-09/deals",
    ]
    assert "archived=false" in peer.requests[1].path
    assert peer.connections == 1


FAULTS = [401, 403, 404, 429, 500]


def test_no_secret_name_or_body_in_any_message_or_log(connect_hubspot, peer, caplog, capfd, once):
    caplog.set_level(logging.DEBUG)
    connector = connect_hubspot(peer, patience=once)
    body = {
        "message": f"Secret Client Ltd, {TOKEN}",
        "category": "Secret Client",
        "results": [company(1)],
        "portalId": 1,
    }
    told = [repr(connector), repr(HubSpotLogin(peer.url, TOKEN))]
    for reply in [*(peer.reply(body, status=status) for status in FAULTS), peer.reply(body=b"Secret Client"), cut]:
        peer.answer(reply)
        with pytest.raises((CrmUnavailableError, CrmAnswerError, CrmLoginError, CrmAccessError)) as caught:
            connector.read_fields(["1"])
        told += [str(caught.value), repr(caught.value)]
    peer.answer(peer.reply(body))
    assert len(list(connector.pull_accounts())) == 1

    told += [caplog.text, *capfd.readouterr()]
    assert "/crm/v3/objects/companies" in caplog.text, "the log was on"
    assert all(secret not in text for text in told for secret in (TOKEN, "Secret Client"))


def test_the_level_of_other_loggers_is_left_alone(connect_hubspot, peer):
    logger = logging.getLogger("urllib3")
    before = logger.level
    logger.setLevel(logging.INFO)
    try:
        connect_hubspot(peer)

        assert logger.level == logging.INFO
    finally:
        logger.setLevel(before)


@pytest.mark.parametrize(
    "url",
    [
        "http://api.hubapi.com",
        "https://api.hubapi.com.example.org",
        "https://api.hubapi.com@example.org",
        "https://user:word@api.hubapi.com",
        "https://api.hubapi.com/elsewhere",
        "ftp://127.0.0.1",
        "http://[",
        "https://api.hubapi.com:port",
        "",
    ],
)
def test_an_address_that_may_not_receive_a_token_is_refused(url):
    with pytest.raises(CrmLoginError):
        HubSpotLogin(url, TOKEN)


@pytest.mark.parametrize("token", ["", "pat na1", "pat-na1\n", "pät"])
def test_a_token_that_cannot_be_one_is_refused_and_not_quoted(token):
    with pytest.raises(CrmLoginError) as caught:
        HubSpotLogin("https://api.hubapi.com", token)

    assert not token or token not in str(caught.value)
