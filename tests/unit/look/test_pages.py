"""The look's own pages: the theme switch, the style page, error pages and letters."""

import re
from pathlib import Path

import pytest
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.test import Client, RequestFactory
from django.urls import include, path
from pytest_django.fixtures import Settings

from adminhub.look.email import compose
from adminhub.look.identity import identify


def refuse(request: HttpRequest) -> HttpResponse:
    raise PermissionDenied("Only the Access Coordinator can start a sync.")


def crash(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("a pupil's name that must not be shown")


urlpatterns = [path("look/", include("adminhub.look.urls")), path("refuse/", refuse), path("crash/", crash)]
handler500 = "adminhub.look.views.server_error"

pytestmark = [pytest.mark.usefixtures("the_look_alone"), pytest.mark.django_db]


@pytest.fixture
def the_look_alone(settings: Settings) -> None:
    settings.ROOT_URLCONF = __name__
    settings.SITE_NAME = "Admin Hub"
    settings.ADMINHUB_DEMO = True
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"
    settings.MESSAGE_STORAGE = "django.contrib.messages.storage.cookie.CookieStorage"
    settings.MIDDLEWARE = [
        name for name in settings.MIDDLEWARE if "allauth" not in name and "auth" not in name
    ]


@pytest.mark.parametrize("site", ["hub", "broker", "wellbeing"])
@pytest.mark.parametrize("theme", ["system", "light", "dark"])
def test_the_page_is_painted_in_the_chosen_theme_by_the_server(
    site: str, theme: str, settings: Settings
) -> None:
    request = RequestFactory().get("/")
    request.COOKIES["theme"] = theme
    settings.ROOT_URLCONF = f"adminhub.{site}.urls"
    html = render_to_string("look/base.html", {"look": identify(request)})
    assert f'data-site="{site}" data-theme="{theme}"' in html


def test_a_theme_nobody_knows_is_the_system_theme() -> None:
    request = RequestFactory().get("/")
    request.COOKIES["theme"] = '"><script>'
    assert identify(request).theme == "system"


def test_choosing_a_theme_keeps_it_and_goes_back() -> None:
    answer = Client().post("/look/theme/", {"theme": "dark", "next": "/look/?page=2"})
    assert (answer.status_code, answer["Location"]) == (302, "/look/?page=2")
    assert answer.cookies["theme"].value == "dark"


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example", "javascript:alert(1)", ""])
def test_choosing_a_theme_never_leads_to_another_site(elsewhere: str) -> None:
    answer = Client().post("/look/theme/", {"theme": "light", "next": elsewhere})
    assert answer["Location"] == "/"


def test_an_unknown_theme_is_not_kept() -> None:
    assert "theme" not in Client().post("/look/theme/", {"theme": "neon"}).cookies


def test_the_style_page_shows_every_component_under_the_strict_policy() -> None:
    answer = Client().get("/look/")
    html = answer.content.decode()
    assert answer.status_code == 200
    assert "default-src 'self'" in answer["Content-Security-Policy"]
    assert html.count("<h1") == 1
    assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*src=)|hx-on", html)


def test_ids_on_the_style_page_are_unique() -> None:
    ids = re.findall(r'\sid="([^"]+)"', Client().get("/look/").content.decode())
    assert sorted(ids) == sorted(set(ids))


def test_the_style_page_is_closed_unless_switched_on(settings: Settings) -> None:
    settings.ADMINHUB_DEMO = False
    answer = Client().get("/look/")
    assert answer.status_code == 404
    assert "Nothing has been changed" in answer.content.decode()


def test_a_refusal_says_why() -> None:
    answer = Client().get("/refuse/")
    assert answer.status_code == 403
    assert "Only the Access Coordinator can start a sync." in answer.content.decode()


def test_opening_an_address_for_forms_says_that_nothing_has_happened_and_leads_back() -> None:
    answer = Client().get("/look/theme/", headers={"accept": "text/html,application/xhtml+xml,*/*;q=0.8"})
    html = answer.content.decode()
    assert (answer.status_code, answer["Allow"]) == (405, "POST")
    assert "Nothing has been changed" in html
    assert 'href="/"' in html
    assert "default-src 'self'" in answer["Content-Security-Policy"]


def test_a_program_at_an_address_for_forms_gets_the_bare_answer() -> None:
    answer = Client().get("/look/theme/", headers={"accept": "application/json"})
    assert (answer.status_code, answer["Allow"], answer.content) == (405, "POST", b"")


def test_a_crash_shows_a_page_and_no_details() -> None:
    answer = Client(raise_request_exception=False).get("/crash/")
    html = answer.content.decode()
    assert answer.status_code == 500
    assert "Something went wrong on our side" in html
    assert "pupil's name" not in html
    assert 'data-site="hub"' in html


def test_the_crash_page_renders_without_a_request() -> None:
    assert 'data-site="hub"' in render_to_string("500.html")


@pytest.fixture
def a_letter(settings: Settings, tmp_path: Path) -> str:
    (tmp_path / "approved.subject.txt").write_text("Oak Hill School\nsaid {{ word }}\n")
    (tmp_path / "approved.txt").write_text(
        '{% extends "look/email.txt" %}{% block body %}{{ school }} said yes: {{ link }}{% endblock %}'
    )
    (tmp_path / "approved.html").write_text(
        '{% extends "look/email.html" %}{% block body %}<h1>{{ school }}</h1>'
        '<c-mail-button href="{{ link }}">Start sync</c-mail-button>{% endblock %}'
    )
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [str(tmp_path)]}]
    return "approved"


def test_a_letter_has_one_line_of_subject_a_text_and_styled_html(a_letter: str) -> None:
    letter = compose(
        a_letter, {"school": "O'Hara & Sons <School>", "word": "yes", "link": "http://localhost/x?a=1&b=2"}
    )
    assert letter.subject == "Oak Hill School said yes"
    assert letter.text.startswith("O'Hara & Sons <School> said yes: http://localhost/x?a=1&b=2")
    assert (
        "O&#x27;Hara &amp; Sons &lt;School&gt;" in letter.html
        or "O'Hara &amp; Sons &lt;School&gt;" in letter.html
    )
    assert "<style" not in letter.html
    assert re.search(r'<a[^>]*href="http://localhost/x\?a=1&amp;b=2"[^>]*style="', letter.html)


def test_a_letter_becomes_a_message_with_both_parts(a_letter: str) -> None:
    message = compose(a_letter, {"school": "Oak Hill School", "link": "http://localhost/"}).message(
        to=["a@oak.example"]
    )
    assert message.to == ["a@oak.example"]
    assert [kind for _, kind in message.alternatives] == ["text/html"]
