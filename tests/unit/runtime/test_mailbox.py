"""The mailbox keeps every e-mail and shows it safely."""

import http.client
import json
import smtplib
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path

import pytest
from aiosmtpd.controller import UnixSocketController
from hypothesis import given, settings
from hypothesis import strategies as st

from adminhub.runtime.mailbox.__main__ import Incoming
from adminhub.runtime.mailbox.store import Store, read
from adminhub.runtime.mailbox.web import Server


@dataclass
class Answer:
    status: int
    text: str
    headers: dict[str, str]


class Client:
    def __init__(self, port: int) -> None:
        self.port = port

    def ask(self, method: str, path: str, **headers: str) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        connection.request(method, path, headers={"Host": f"localhost:{self.port}", **headers})
        response = connection.getresponse()
        answer = Answer(response.status, response.read().decode(), dict(response.headers))
        connection.close()
        return answer

    def get(self, path: str, **headers: str) -> Answer:
        return self.ask("GET", path, **headers)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "mail")


@pytest.fixture
def client(store: Store) -> Iterator[Client]:
    server = Server(("127.0.0.1", 0), store)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield Client(server.server_address[1])
    server.shutdown()
    server.server_close()


def a_mail(*, to: str = "ada@oakhill.example", subject: str = "Hello", html: str = "") -> EmailMessage:
    message = EmailMessage()
    message["To"], message["From"], message["Subject"] = to, "hub@adminhub.example", subject
    message.set_content("Open http://localhost:8000/approve/x1 please.\n<script>alert(1)</script>\n")
    if html:
        message.add_alternative(html, subtype="html")
    return message


def keep(store: Store, message: EmailMessage) -> None:
    store.keep(message.as_bytes(), recipients=[message["To"]])


def test_an_email_sent_over_smtp_is_kept_whole(store: Store, tmp_path: Path) -> None:
    socket_path = tmp_path / "smtp"
    controller = UnixSocketController(Incoming(store), unix_socket=str(socket_path))
    controller.start()
    try:
        client = smtplib.SMTP()
        client.sock = _unix_socket(socket_path)
        client.file = None
        client._host = "localhost"
        client.getreply()
        client.send_message(a_mail(subject="Authorised: Oak Hill – ready"), to_addrs=["ada@oakhill.example"])
        client.close()
    finally:
        controller.stop()
    (mail,) = store.newest_first()
    assert mail.to == ("ada@oakhill.example",)
    assert mail.subject == "Authorised: Oak Hill – ready"
    assert mail.links == ("http://localhost:8000/approve/x1",)


def _unix_socket(path: Path) -> object:
    import socket

    connected = socket.socket(socket.AF_UNIX)
    connected.connect(str(path))
    return connected


def test_emails_outlive_the_mailbox(store: Store) -> None:
    keep(store, a_mail())
    assert [mail.subject for mail in Store(store.folder).newest_first()] == ["Hello"]


def test_newest_comes_first_and_recipients_are_found_whatever_their_case(
    store: Store, client: Client
) -> None:
    keep(store, a_mail(to="ada@oakhill.example", subject="first"))
    keep(store, a_mail(to="bea@oakhill.example", subject="second"))
    keep(store, a_mail(to="ada@oakhill.example", subject="third"))
    found = json.loads(client.get("/api/messages?to=ADA@").text)
    assert [mail["subject"] for mail in found] == ["third", "first"]
    assert set(found[0]) == {"id", "to", "from", "subject", "date", "text", "html", "links"}


def test_text_is_escaped_and_its_links_can_be_opened(store: Store, client: Client) -> None:
    keep(store, a_mail())
    page = client.get(f"/messages/{store.newest_first()[0].id}").text
    assert 'href="http://localhost:8000/approve/x1"' in page
    assert "<script>" not in page


def test_html_is_shown_in_a_sandbox_without_scripts_or_requests(store: Store, client: Client) -> None:
    keep(store, a_mail(html='<p>Hi</p><script>alert(1)</script><a href="http://localhost/x">go</a>'))
    mail = store.newest_first()[0]
    assert 'sandbox="allow-popups' in client.get(f"/messages/{mail.id}").text
    policy = client.get(f"/messages/{mail.id}/html").headers["Content-Security-Policy"]
    assert "sandbox" in policy
    assert "allow-scripts" not in policy
    assert "default-src 'none'" in policy
    assert "http://localhost/x" in mail.links


def test_another_site_can_neither_read_nor_delete(store: Store, client: Client) -> None:
    keep(store, a_mail())
    assert client.get("/api/messages", Host="evil.example").status == 400
    assert client.ask("POST", "/delete", Origin="http://evil.example").status == 403
    assert len(store.newest_first()) == 1


def test_everything_can_be_deleted_from_its_own_page(store: Store, client: Client) -> None:
    keep(store, a_mail())
    assert client.ask("POST", "/delete", Origin=f"http://localhost:{client.port}").status == 303
    assert store.newest_first() == []
    assert "No e-mail has been sent yet" in client.get("/").text


@pytest.mark.parametrize("path", ["/static/look/../../apps.py", "/static/look/%2e%2e/x", "/messages/../../x"])
def test_no_other_file_can_be_read(client: Client, path: str) -> None:
    assert client.get(path).status == 404


@given(st.binary(max_size=400))
@settings(max_examples=150, deadline=None)
def test_any_bytes_are_readable_as_an_email(raw: bytes) -> None:
    assert read(b"Subject: x\n" + raw, name="1700000000000000000-00000000").id
