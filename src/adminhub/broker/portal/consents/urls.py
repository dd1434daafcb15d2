"""Addresses of one app at one school."""

from django.urls import path

from adminhub.broker.portal.consents import views

app_name = "consents"

urlpatterns = [
    path("<uuid:public_id>/", views.show, name="show"),
    path("<uuid:public_id>/approve/", views.approve_access, name="approve"),
    path("<uuid:public_id>/decline/", views.decline_access, name="decline"),
    path("<uuid:public_id>/revoke/", views.revoke_access, name="revoke"),
    path("<uuid:public_id>/permissions/", views.change_permissions, name="permissions"),
]
