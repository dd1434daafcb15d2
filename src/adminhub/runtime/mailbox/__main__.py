"""Starts the mailbox: `python -m adminhub.runtime.mailbox --port 8030 --smtp-port 8031 --folder DIR`."""

import argparse
import signal
import sys
from pathlib import Path
from types import FrameType

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from adminhub.runtime.mailbox.store import Store
from adminhub.runtime.mailbox.web import Server


class Incoming:
    """What aiosmtpd calls for each e-mail."""

    def __init__(self, store: Store) -> None:
        self.store = store

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Keep the e-mail before saying yes."""
        content = envelope.content or b""
        raw = content.encode() if isinstance(content, str) else content
        try:
            self.store.keep(raw, recipients=list(envelope.rcpt_tos))
        except OSError:
            return "452 The mailbox cannot write; try later"
        return "250 Kept"


def main() -> None:
    """Serve until asked to stop."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--smtp-port", type=int, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    options = parser.parse_args()

    def stop(number: int, frame: FrameType | None) -> None:
        sys.exit(0)

    signal.signal(signal.SIGTERM, stop)
    store = Store(options.folder)
    controller = Controller(
        Incoming(store), hostname=options.host, port=options.smtp_port, enable_SMTPUTF8=True
    )
    controller.start()
    try:
        Server((options.host, options.port), store).serve_forever()
    finally:
        controller.stop()


if __name__ == "__main__":
    main()
