"""The mailbox's pages, as plain HTML without scripts or inline styles."""

import html
import re
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlencode

from adminhub.runtime.mailbox.store import LINK, Mail

LOOK = Path(__file__).resolve().parents[2] / "look" / "static" / "look"
STYLE = Path(__file__).with_name("mailbox.css")


def list_page(mails: Sequence[Mail], *, to: str) -> str:
    """Return the list, newest first, with a search by recipient."""
    value = html.escape(to, quote=True)
    rows = "".join(_row(mail) for mail in mails)
    if rows:
        table = (
            '<div class="table-scroll"><table class="table mail-list"><thead><tr><th scope="col">To</th>'
            '<th scope="col">Subject</th>'
            f'<th scope="col">Sent</th></tr></thead><tbody>{rows}</tbody></table></div>'
        )
    elif to:
        table = f"<p>No e-mail to “{value}”. <a href='/'>Show every e-mail</a></p>"
    else:
        table = (
            "<p>No e-mail has been sent yet. Whatever the hub, the broker or Wellbeing sends, shows here.</p>"
        )
    clear = (
        '<form method="post" action="/delete"><button class="button" type="submit">Delete all</button></form>'
        if mails
        else ""
    )
    count = f"{len(mails)} e-mail{'' if len(mails) == 1 else 's'}"
    return _page(
        "Mailbox",
        f"""<h1>Mailbox</h1>
<p>Every e-mail this demo sent. None of them left this computer.</p>
<form class="mail-tools" method="get" action="/" role="search">
<label for="to">Recipient</label> <input id="to" name="to" type="search" value="{value}">
<button class="button" type="submit">Show</button></form>
<p role="status">{count}</p>{table}{clear}""",
    )


def _row(mail: Mail) -> str:
    to = html.escape(", ".join(mail.to))
    return (
        f'<tr><td>{to}</td><td><a href="/messages/{mail.id}">{html.escape(mail.subject)}</a></td>'
        f'<td><time datetime="{mail.date}">{_when(mail)}</time></td></tr>'
    )


def _when(mail: Mail) -> str:
    return f"{mail.date[:10]} {mail.date[11:19]}"


def mail_page(mail: Mail) -> str:
    """Return one e-mail: its text with clickable links, and its HTML part in a sandboxed frame."""
    frame = (
        f"""<h2>As it looks</h2><iframe class="mail-frame" title="The e-mail as it looks"
sandbox="allow-popups allow-popups-to-escape-sandbox" src="/messages/{mail.id}/html"></iframe>"""
        if mail.html
        else ""
    )
    links = "".join(f"<li>{_link(url)}</li>" for url in mail.links)
    link_list = f"<h2>Links</h2><ul class='mail-links'>{links}</ul>" if links else ""
    to = html.escape(", ".join(mail.to))
    first = urlencode({"to": mail.to[0]}) if mail.to else ""
    return _page(
        mail.subject,
        f"""<p><a href="/">All e-mails</a></p><h1>{html.escape(mail.subject)}</h1>
<dl class="mail-head"><dt>To</dt><dd><a href="/?{first}">{to}</a></dd>
<dt>From</dt><dd>{html.escape(mail.sender)}</dd>
<dt>Sent</dt><dd><time datetime="{mail.date}">{_when(mail)} UTC</time></dd></dl>
{frame}<h2>Text</h2><pre class="mail-text">{_with_links(mail.text)}</pre>{link_list}""",
    )


def _link(url: str) -> str:
    safe = html.escape(url, quote=True)
    return f'<a href="{safe}" rel="noreferrer">{safe}</a>'


def _with_links(text: str) -> str:
    parts: list[str] = []
    end = 0
    for found in re.finditer(LINK, text):
        parts += [html.escape(text[end : found.start()]), _link(found[0])]
        end = found.end()
    return "".join([*parts, html.escape(text[end:])])


def not_found_page() -> str:
    """Return the page for an e-mail that is not (or no longer) here."""
    return _page("Not found", '<h1>This e-mail is not here</h1><p><a href="/">All e-mails</a></p>')


def _page(title: str, body: str) -> str:
    sheets = [
        f'<link rel="stylesheet" href="/static/look/css/{path.name}">'
        for name in ("tokens", "foundation", "components", "layouts")
        if (path := LOOK / "css" / f"{name}.css").exists()
    ]
    icon = '<link rel="icon" type="image/svg+xml" href="/static/look/marks/hub.svg">'
    return f"""<!doctype html>
<html lang="en-GB" data-site="hub"><head><meta charset="utf-8"><title>{html.escape(title)} · Mailbox</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">{icon}
{"".join(sheets)}<link rel="stylesheet" href="/static/mailbox.css"></head>
<body class="layout-page"><a class="skip-link" href="#main">Skip to main content</a>
<header class="masthead"><div class="masthead__inner"><a class="masthead__brand" href="/">
<img class="masthead__mark" src="/static/look/marks/hub.svg" alt="" width="36" height="36">
<span class="masthead__name">Mailbox<span class="masthead__service">of the demo</span></span></a></div></header>
<main class="page mailbox" id="main">{body}</main></body></html>
"""
