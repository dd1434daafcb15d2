"""Addresses of the developers' pages."""

from django.urls import path

from adminhub.broker.portal.developers import asking, keys, telling, views

app_name = "developers"

urlpatterns = [
    path("", views.apps, name="apps"),
    path("new/", views.new_app, name="new"),
    path("<uuid:app_id>/", views.about, name="about"),
    path("<uuid:app_id>/permissions/", asking.permissions, name="permissions"),
    path("<uuid:app_id>/permissions/withdraw/", asking.withdraw, name="withdraw"),
    path("<uuid:app_id>/agreement/", asking.agreement, name="agreement"),
    path("<uuid:app_id>/keys/", keys.tokens, name="tokens"),
    path("<uuid:app_id>/keys/<int:number>/rotate/", keys.rotate, name="rotate"),
    path("<uuid:app_id>/keys/<int:number>/revoke/", keys.revoke, name="revoke"),
    path("<uuid:app_id>/log-in/", keys.log_in, name="log_in"),
    path("<uuid:app_id>/webhook/", telling.webhook, name="webhook"),
    path("<uuid:app_id>/webhook/secret/", telling.secret, name="secret"),
    path("<uuid:app_id>/webhook/try/", telling.try_it, name="try"),
    path("<uuid:app_id>/webhook/<uuid:delivery_id>/again/", telling.again, name="again"),
    path("<uuid:app_id>/schools/", views.schools, name="schools"),
    path("<uuid:app_id>/schools/<slug:school_id>/ask/", views.ask_test_school, name="ask"),
    path("<uuid:app_id>/schools/<slug:school_id>/deletion/", views.deletion, name="deletion"),
]
