"""A scripted Salesforce org on loopback, spoken to over real HTTP, for what no well-behaved server does."""

import json
import socket
import socketserver
import ssl
import threading
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from connectors.fields import load_fields
from connectors.salesforce.connector import SalesforceConnector
from connectors.salesforce.login import SalesforceLogin
from connectors.transport import Patience

FIELDS = load_fields(Path(__file__).parents[3] / "config" / "fields.toml")
PATIENT = Patience(read_seconds=5, total_seconds=5, attempts=3, first_wait_seconds=0, longest_wait_seconds=0)
USER, ORG = "005000000000001AAA", "00D000000000001EAA"
VERSION = "/services/data/v66.0"
DESCRIBE_TYPES = {"text": "string", "long_text": "textarea", "number": "double", "checkbox": "boolean"}


@dataclass
class Call:
    method: str
    target: str
    headers: dict
    body: bytes

    @property
    def path(self):
        return urlsplit(self.target).path

    @property
    def soql(self):
        return parse_qs(urlsplit(self.target).query).get("q", [""])[0]


def as_bytes(status, body, *headers):
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = [f"HTTP/1.1 {status} Said", "Content-Type: application/json", f"Content-Length: {len(data)}", *headers]
    return "\r\n".join([*lines, "Connection: close", "", ""]).encode() + data


def described(spec):
    return {
        "name": spec.names["salesforce"],
        "type": DESCRIBE_TYPES.get(spec.type, spec.type),
        "length": spec.length,
        "scale": spec.scale,
        "updateable": True,
        "picklistValues": [{"value": value, "active": True} for value in spec.values],
    }


@dataclass
class Org:
    """Answers as a whole org would, but for what a test puts in the place of an answer, once each.

    An answer is (status, body, header line, ...), raw bytes, "silence", "hang up", "flood",
    or {"at once": bytes, "trickle": bytes}.
    """

    first: str = "001000000000001AAA"
    second: str = "001000000000002AAA"
    secret: str = "s3cret-of-the-app"
    token: str = "00Dtoken"
    account_name: str = "Acme & Söhne"
    query_path: str = f"{VERSION}/query"
    write_path: str = f"{VERSION}/composite/sobjects"
    login_path: str = "/services/oauth2/token"
    describe_path: str = f"{VERSION}/sobjects"
    org_id: str = ORG
    url: str = ""
    logins: int = 0
    most_trickled: int = 0
    accounts: list = field(default_factory=list)
    calls: list = field(default_factory=list)
    script: list = field(default_factory=list)
    stopped: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self):
        self.accounts = [self.account(self.first), self.account(self.second)]

    def instead(self, method, path, *answers):
        self.script.extend((method, path, answer) for answer in answers)

    def always(self, method, path, answer):
        """Script one answer for every try of a read."""
        self.instead(method, path, *[answer] * PATIENT.attempts)

    def seen(self, method, path):
        return [call for call in self.calls if call.method == method and call.path.startswith(path)]

    def account(self, record_id, **values):
        blank = {spec.names["salesforce"]: False if spec.type == "checkbox" else None for spec in FIELDS}
        own = {"Id": record_id, "Name": self.account_name, "ParentId": None, "OwnerId": None, "AccountNumber": "1001"}
        return {**own, **blank, **values}

    def page(self, rows, *, total=None, next_url=None):
        body = {"totalSize": len(rows) if total is None else total, "done": next_url is None, "records": rows}
        return 200, body if next_url is None else {**body, "nextRecordsUrl": next_url}

    def account_fields(self):
        standard = [("Id", "id"), ("Name", "string"), ("ParentId", "reference"), ("OwnerId", "reference")]
        standard += [("AccountNumber", "string")]
        return [*({"name": name, "type": kind} for name, kind in standard), *(described(spec) for spec in FIELDS)]

    def deal_fields(self):
        names = ("Id", "AccountId", "Amount", "CloseDate", "IsWon", "IsClosed", "Probability")
        return [{"name": name, "type": "any"} for name in names]

    def answer(self, call):
        self.calls.append(call)
        for entry in self.script:
            if call.method == entry[0] and call.path.startswith(entry[1]):
                self.script.remove(entry)
                return entry[2]
        return 200, self._usual(call)

    def send(self, answer, connection):
        if isinstance(answer, tuple):
            connection.sendall(as_bytes(*answer))
        elif isinstance(answer, bytes):
            connection.sendall(answer)
        elif answer == "silence":
            self.stopped.wait(5)
        elif answer == "hang up":
            connection.shutdown(socket.SHUT_RDWR)
        elif answer == "flood":
            connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            while not self.stopped.is_set():
                connection.sendall(b" " * 2**20)
        else:
            connection.sendall(answer["at once"])
            self._trickle(answer["trickle"], connection)

    def _trickle(self, text, connection):
        for sent, byte in enumerate(text):
            self.most_trickled = max(self.most_trickled, sent)
            connection.sendall(bytes([byte]))
            if self.stopped.wait(0.02):
                return

    def _usual(self, call):
        path = call.path.removeprefix(VERSION)
        if path == self.login_path:
            self.logins += 1
            return {"access_token": f"{self.token}-{self.logins}", "instance_url": self.url}
        if path.startswith("/sobjects/"):
            return {"fields": self.account_fields() if "Account" in path else self.deal_fields()}
        if path == "/composite/sobjects":
            records = json.loads(call.body)["records"]
            return [{"id": each["id"], "success": True, "errors": []} for each in records]
        if path == "/":
            return {"identity": f"https://login.salesforce.com/id/{ORG}/{USER}"}
        rows = self._rows(call.soql)
        return {"totalSize": len(rows), "done": True, "records": rows}

    def _rows(self, soql):
        if "FROM Organization" in soql:
            return [{"Id": ORG, "Name": "Acme Org"}]
        if "FROM User" in soql:
            return [{"Username": "sync@acme.example"}]
        return [] if "FROM Opportunity" in soql else self.accounts


@contextmanager
def serving(org, tls=None):
    class Talk(socketserver.StreamRequestHandler):
        def handle(self):
            parts = self.rfile.readline().decode().split()
            if len(parts) < 2:
                return
            lines = iter(lambda: self.rfile.readline().decode().strip(), "")
            headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
            body = self.rfile.read(int(headers.get("content-length", 0)))
            org.send(org.answer(Call(parts[0], parts[1], headers, body)), self.connection)

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True

        def get_request(self):
            connection, address = super().get_request()
            return (tls.wrap_socket(connection, server_side=True) if tls else connection), address

        def handle_error(self, request, client_address):
            pass  # the client may hang up at any time here

    with Server(("127.0.0.1", 0), Talk) as server:
        org.url = f"{'https' if tls else 'http'}://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield org
        org.stopped.set()
        server.shutdown()
        thread.join()


@pytest.fixture
def open_org():
    """Start an org; several at a time may run."""
    with ExitStack() as stack:
        yield lambda: stack.enter_context(serving(Org()))


@pytest.fixture
def open_tls_org(tmp_path):
    """Start an org whose certificate only it has signed."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    own = x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + timedelta(days=1))
    address = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    signed = own.add_extension(address, critical=False).sign(key, hashes.SHA256())
    key_text = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file = tmp_path / "own.pem"
    file.write_bytes(key_text + signed.public_bytes(Encoding.PEM))
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(file)
    with ExitStack() as stack:
        yield lambda: stack.enter_context(serving(Org(), tls))


@pytest.fixture
def org(open_org):
    return open_org()


@pytest.fixture
def quick():
    """Patience that a test can wait for."""
    return Patience(
        connect_seconds=1, read_seconds=0.2, total_seconds=0.4, attempts=3, first_wait_seconds=0, longest_wait_seconds=0
    )


@pytest.fixture
def connect(org):
    with ExitStack() as stack:

        def open_connector(patience=PATIENT, **options):
            login = SalesforceLogin(org.url, "app", client_secret=org.secret)
            connector = SalesforceConnector(login, fields=FIELDS, patience=patience, **options)
            stack.callback(connector.close)
            return connector

        yield open_connector
