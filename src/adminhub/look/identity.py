"""Who a page belongs to and how it should be shown: the site's name and mark, and the theme somebody chose."""

from dataclasses import dataclass
from typing import Literal

from django.conf import settings
from django.http import HttpRequest

Site = Literal["hub", "broker", "wellbeing"]
Theme = Literal["system", "light", "dark"]

THEME_COOKIE = "theme"
THEMES: tuple[Theme, ...] = ("system", "light", "dark")

_USUAL_NAMES: dict[Site, str] = {"hub": "Admin Hub", "broker": "Gatehouse", "wellbeing": "Wellbeing"}


@dataclass(frozen=True, slots=True)
class Identity:
    """What the base template needs to know; in every template as `look`."""

    site: Site
    site_name: str
    theme: Theme

    @property
    def mark(self) -> str:
        return f"look/marks/{self.site}.svg"

    @property
    def favicon(self) -> str:
        return f"look/marks/{self.site}-favicon.svg"


def chosen_theme(request: HttpRequest | None) -> Theme:
    """The theme kept in the reader's cookie; "system" when there is none, or an unknown word."""
    wanted = request.COOKIES.get(THEME_COOKIE, "") if request else ""
    return next((theme for theme in THEMES if theme == wanted), "system")


def identify(request: HttpRequest | None) -> Identity:
    """The site is the one whose room `ROOT_URLCONF` is in; its name is `SITE_NAME`, or the usual one."""
    rooms = settings.ROOT_URLCONF.split(".")
    site: Site = next((known for known in _USUAL_NAMES if known in rooms), "hub")
    name = str(getattr(settings, "SITE_NAME", "") or _USUAL_NAMES[site])
    return Identity(site=site, site_name=name, theme=chosen_theme(request))
