"""Addresses of Duplicates."""

from django.urls import path, register_converter

from adminhub.hub.web.duplicates import views
from adminhub.hub.web.duplicates.people import PeopleConverter

app_name = "duplicates"
register_converter(PeopleConverter, "people")

urlpatterns = [
    path("", views.found, name="found"),
    path("<people:people>/", views.found_of, name="found_of"),
    path("<people:people>/together/", views.together, name="together"),
    path("<people:people>/<int:first>/<int:second>/", views.compare, name="compare"),
    path("<people:people>/<int:first>/<int:second>/merge/", views.merge, name="merge"),
    path("<people:people>/tell-apart/", views.tell_apart, name="tell_apart"),
    path("<people:people>/ask-again/", views.ask_again, name="ask_again"),
]
