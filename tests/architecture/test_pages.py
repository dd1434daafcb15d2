"""Pages keep the strict content security policy: no inline script, style or event attribute."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = sorted(path for path in (ROOT / "src").rglob("templates/**/*.html") if "email" not in path.name)
# E-mail programs know no style sheets, so letters carry theirs inline.
PAGES = [path for path in TEMPLATES if not {"letters", "emails", "mail"} & set(path.parts)]
FORBIDDEN = {
    "an inline script": re.compile(r"<script(?![^>]*\bsrc=)(?![^>]*type=\"application/json\")[^>]*>", re.I),
    "an inline style sheet": re.compile(r"<style\b", re.I),
    "a style attribute": re.compile(r"<[^>]*\sstyle\s*=", re.I),
    "an event attribute": re.compile(r"<[a-z][^>]*\son[a-z]+\s*=", re.I),
    "a javascript address": re.compile(r"javascript:", re.I),
    "an htmx event handler": re.compile(r"\bhx-on\b|[\"']js:", re.I),
    "something from another host": re.compile(
        r"(src|href)=[\"']https?://(?!\{\{)[a-z.]+/[^\"']*\.(js|css|woff2?)"
    ),
}


def test_no_page_has_what_the_policy_forbids() -> None:
    found = []
    for path in PAGES:
        text = re.sub(
            r"\{#.*?#\}|\{% comment %\}.*?\{% endcomment %\}|<!--.*?-->", "", path.read_text(), flags=re.S
        )
        found += [
            f"{path.relative_to(ROOT)}: {what}" for what, pattern in FORBIDDEN.items() if pattern.search(text)
        ]
    assert found == []


def test_pages_extend_the_look() -> None:
    alone = [
        str(path.relative_to(ROOT))
        for path in PAGES
        if "<html" in path.read_text() and "look" not in path.parts
    ]
    assert alone == []
