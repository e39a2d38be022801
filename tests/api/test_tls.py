"""TLS by a real handshake with a certificate of our own; and port 80: handed over by systemd, sent on where TLS is on."""

import datetime as dt
import ipaddress
import os
import socket
import ssl
import subprocess
import sys

import httpx
import pytest
from api_server import running, served_of
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from assistant.api.app import build_api
from assistant.api.server import tls_context
from assistant.api.to_https import ToHttps
from assistant.config.sections import ApiSection
from assistant.errors import ConfigError


@pytest.fixture(scope="module")
def tls(tmp_path_factory):
    """A certificate for this machine, which it signed itself: (certificate, key)."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "assistant.local")])
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    folder = tmp_path_factory.mktemp("tls")
    (folder / "tls.crt").write_bytes(certificate.public_bytes(Encoding.PEM))
    (folder / "tls.key").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return folder / "tls.crt", folder / "tls.key"


@pytest.fixture
def server(tmp_path, tls):
    served = served_of(tmp_path, api=ApiSection(certificate=tls[0], certificate_key=tls[1]))
    with running(lambda: build_api(served), tls=tls) as server:
        server.url = server.url.replace("http:", "https:")
        yield server


def test_a_client_that_knows_the_certificate_is_served(server, tls):
    with httpx.Client(verify=ssl.create_default_context(cafile=str(tls[0]))) as client:
        reply = client.get(f"{server.url}/api/version")
    assert reply.status_code == 200 and "version" in reply.json()
    assert "max-age" in reply.headers["strict-transport-security"]


def test_a_client_that_does_not_know_it_is_not_fooled(server):
    with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
        httpx.get(f"{server.url}/api/version")


def test_without_tls_nothing_is_told(server):
    with pytest.raises(httpx.HTTPError):
        httpx.get(server.url.replace("https:", "http:") + "/api/version")


def test_old_protocols_are_refused(server):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning):
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    with (
        socket.create_connection(("127.0.0.1", server.port), 10) as plain,
        pytest.raises((ssl.SSLError, ConnectionResetError)),
    ):
        context.wrap_socket(plain)


def test_own_pages_may_send_forms_and_pages_without_tls_may_not(server, tls):
    with httpx.Client(verify=ssl.create_default_context(cafile=str(tls[0]))) as client:
        ask = {"model": "nothing", "prompt": "x"}
        for origin, status in ((server.url, 404), (server.url.replace("https:", "http:"), 403)):
            assert client.post(f"{server.url}/api/generate", json=ask, headers={"Origin": origin}).status_code == status


@pytest.mark.parametrize("broken", ["certificate", "key", "missing"])
def test_files_that_are_no_certificate_are_a_clear_error(tls, tmp_path, broken):
    files = {"certificate": tls[0], "key": tls[1]}
    wrong = tmp_path / "wrong.pem"
    if broken != "missing":
        wrong.write_text("nonsense")
        files[broken] = wrong
    else:
        files["key"] = wrong
    with pytest.raises(ConfigError, match="cannot be used for TLS"):
        tls_context(files["certificate"], files["key"])


@pytest.mark.parametrize(
    ("host", "path", "where"),
    [
        ("assistant.local", "/turns", "https://assistant.local:11434/turns"),
        ("192.168.1.5", "/", "https://192.168.1.5:11434/"),
        ("[fd00::1]", "/", "https://[fd00::1]:11434/"),
        ("evil.example", "/", None),
        ("assistant.local@evil.example", "/", None),
    ],
)
def test_port_80_sends_on_to_own_names_only(host, path, where):
    with running(lambda: type("Api", (), {"app": ToHttps(11434, frozenset({"assistant.local"}))})) as server:
        reply = httpx.get(f"{server.url}{path}", headers={"Host": host})
    assert (reply.status_code, reply.headers.get("location")) == ((308, where) if where else (403, None))


TAKES = """
import socket
from assistant.api.server import handed_over
from assistant.config.environment import service_environment
made, = handed_over(service_environment().sockets)
print(made.getsockname()[1], made.family == socket.AF_INET6, flush=True)
"""


@pytest.mark.parametrize("meant", [True, False])
def test_a_socket_that_systemd_hands_over_is_taken(meant):
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as listening:
        os.set_inheritable(listening.fileno(), True)
        pid = "$$" if meant else "1"
        script = f'exec 3<&{listening.fileno()}; LISTEN_PID={pid} LISTEN_FDS=1 exec "$2" -c "$1"'
        done = subprocess.run(
            ["bash", "-c", script, "bash", TAKES, sys.executable],
            capture_output=True,
            text=True,
            check=False,
            pass_fds=[listening.fileno()],
            timeout=60,
        )
        if meant:
            assert done.stdout.split() == [str(listening.getsockname()[1]), "True"], done.stderr
        else:
            assert "not enough values" in done.stderr
