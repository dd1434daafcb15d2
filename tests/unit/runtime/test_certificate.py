"""The certificate of `./hub up --tls`."""

import socket
import ssl
import stat
import threading
from pathlib import Path

from cryptography import x509

from adminhub.runtime.certificate import certificate_files
from adminhub.runtime.environment import Ports


def test_a_client_that_trusts_the_authority_trusts_localhost_and_no_other_name(tmp_path: Path) -> None:
    authority, certificate, key = certificate_files(tmp_path / "tls")
    assert greeting(authority, certificate, key, name="localhost") == "hello"
    assert greeting(authority, certificate, key, name="127.0.0.1") == "hello"
    assert greeting(authority, certificate, key, name="broker.example") == "CERTIFICATE_VERIFY_FAILED"


def greeting(authority: Path, certificate: Path, key: Path, *, name: str) -> str:
    """What a client hears from a server with these files, or why it would not listen."""
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificate, key)
    near, far = socket.socketpair()

    def serve() -> None:
        try:
            with server.wrap_socket(far, server_side=True) as spoken:
                spoken.sendall(b"hello")
        except OSError:
            far.close()

    serving = threading.Thread(target=serve)
    serving.start()
    try:
        with ssl.create_default_context(cafile=str(authority)).wrap_socket(
            near, server_hostname=name
        ) as heard:
            return heard.recv(5).decode()
    except ssl.SSLCertVerificationError as refusal:
        return refusal.reason or ""
    finally:
        near.close()
        serving.join()


def test_the_certificate_is_kept_while_it_is_good_and_its_key_is_nobody_elses(tmp_path: Path) -> None:
    authority, certificate, key = certificate_files(tmp_path / "tls")
    before = certificate.read_bytes()
    assert certificate_files(tmp_path / "tls") == (authority, certificate, key)
    assert certificate.read_bytes() == before
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert b"BEGIN PRIVATE KEY" in key.read_bytes()
    assert x509.load_pem_x509_certificate(before).issuer != x509.load_pem_x509_certificate(before).subject
    key.unlink()
    certificate_files(tmp_path / "tls")
    assert key.exists()
    assert certificate.read_bytes() != before


def test_the_port_for_tls_is_taken_only_when_asked_for() -> None:
    assert "broker over TLS" not in Ports(8000).by_use
    assert Ports(8000, with_tls=True).by_use["broker over TLS"] == 8011
    assert Ports(8000, with_tls=True).url("broker over TLS") == "https://localhost:8011"
