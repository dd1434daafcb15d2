"""Our rules in front of the identity provider's addresses; included before `allauth.idp.urls`."""

from django.urls import path

from adminhub.hub.outputs.oidc import views

urlpatterns = [
    path("identity/o/authorize", views.authorise),
    path("identity/o/api/token", views.issue_token),
]
