"""An app's keys (tokens): made, replaced, ended. Each can be read once, on the page that makes it."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_http_methods, require_POST

from adminhub.broker.apps.developing import end_token, make_token, rotate_token
from adminhub.broker.apps.models import Token
from adminhub.broker.directory.errors import NotPossible
from adminhub.broker.directory.models import School
from adminhub.broker.portal.access import AppRequest, app_page
from adminhub.broker.portal.developers.forms import LogInForm, TokenForm
from adminhub.broker.portal.developers.views import show
from adminhub.broker.sso.actions import set_up_log_in
from adminhub.broker.sso.models import Client

SHOWN_AT_MOST = 200


@app_page
@require_http_methods(["GET", "POST"])
def tokens(request: AppRequest) -> HttpResponseBase:
    """The keys there are, and making another."""
    schools = (
        School.objects.filter(tokens__app=request.app, tokens__revoked_at=None).distinct().order_by("name")
    )
    form = TokenForm(request.POST or None, schools=schools)
    if request.method == "POST" and form.is_valid():
        chosen = form.cleaned_data
        try:
            text = make_token(
                app=request.app,
                by=request.user,
                label=chosen["label"],
                school=chosen["school"],
                days=int(chosen["days"]) if chosen["days"] else None,
                scopes=tuple(chosen["scopes"]),
            )
        except NotPossible as refusal:
            messages.error(request, str(refusal))
        else:
            return _page(request, TokenForm(schools=schools), new=text)
    return _page(request, form)


@app_page
@require_POST
def rotate(request: AppRequest, *, number: int) -> HttpResponseBase:
    """A new key for an old one, which works for a day more."""
    token = get_object_or_404(Token.objects.select_related("app"), pk=number, app=request.app)
    try:
        text = rotate_token(token=token, by=request.user)
    except NotPossible as refusal:
        messages.error(request, str(refusal))
        return redirect("developers:tokens", app_id=request.app.public_id)
    return _page(request, TokenForm(schools=School.objects.none()), new=text)


@app_page
@require_POST
def revoke(request: AppRequest, *, number: int) -> HttpResponseBase:
    """End a key at once."""
    token = get_object_or_404(Token.objects.select_related("app"), pk=number, app=request.app)
    end_token(token=token, by=request.user)
    messages.success(request, f"The key …{token.hint} works no more.")
    return redirect("developers:tokens", app_id=request.app.public_id)


@app_page
@require_http_methods(["GET", "POST"])
def log_in(request: AppRequest) -> HttpResponseBase:
    """Logging in to the app with the log-in here: its client id, its secret (shown once), its addresses."""
    client = Client.objects.filter(app=request.app).first()
    form = LogInForm(
        request.POST or None, initial={"redirect_uris": "\n".join(client.redirect_uris if client else ())}
    )
    new = ""
    if request.method == "POST" and form.is_valid():
        try:
            client, new = set_up_log_in(
                app=request.app,
                by=request.user,
                redirect_uris=form.addresses(),
                has_new_secret=request.POST.get("do") == "secret",
            )
        except NotPossible as refusal:
            form.add_error("redirect_uris", str(refusal))
    status = 422 if form.errors else 200
    return show(request, "log_in", {"form": form, "client": client, "new": new}, status=status)


def _page(request: AppRequest, form: TokenForm, *, new: str = "") -> HttpResponseBase:
    found = request.app.tokens.select_related("school").order_by("revoked_at", "-created_at")
    live = [token for token in found if token.is_live][:SHOWN_AT_MOST]
    ended = [token for token in found if not token.is_live][:SHOWN_AT_MOST]
    context = {"form": form, "live": live, "ended": ended, "new": new}
    return show(request, "tokens", context, status=422 if form.is_bound else 200)
