"""E-mails in the look of their site: one name, three templates, CSS written into the HTML as mail readers need it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import css_inline
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string

from adminhub.look.identity import identify


@dataclass(frozen=True, slots=True)
class Letter:
    """A rendered e-mail, not yet addressed."""

    subject: str
    text: str
    html: str

    def message(self, *, to: Sequence[str], sender: str | None = None) -> EmailMultiAlternatives:
        message = EmailMultiAlternatives(subject=self.subject, body=self.text, from_email=sender, to=list(to))
        message.attach_alternative(self.html, "text/html")
        return message


@cache
def _inliner() -> css_inline.CSSInliner:
    css = (Path(__file__).parent / "static/look/css/email.css").read_text()
    return css_inline.CSSInliner(extra_css=css, load_remote_stylesheets=False)


def inlined(html: str) -> str:
    """The same HTML with the look's e-mail styles written into its elements."""
    return _inliner().inline(html)


def compose(name: str, context: Mapping[str, object]) -> Letter:
    """Renders `<name>.subject.txt` (made one line), `<name>.txt` and `<name>.html`; sends nothing."""
    known = {"look": identify(None), **context}
    subject = " ".join(render_to_string(f"{name}.subject.txt", known).split())
    text = render_to_string(f"{name}.txt", known).strip() + "\n"
    return Letter(subject=subject, text=text, html=inlined(render_to_string(f"{name}.html", known)))
