"""Addresses of the look: the theme switch and the living style page."""

from django.urls import path

from adminhub.look import views

app_name = "look"

urlpatterns = [
    path("", views.style_page, name="style"),
    path("theme/", views.choose_theme, name="theme"),
]
