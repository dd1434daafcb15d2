"""Addresses of a change of MIS."""

from django.urls import path

from adminhub.hub.web.moving import views

app_name = "moving"

urlpatterns = [
    path("", views.begin_here, name="start"),
    path("begin/", views.begin, name="begin"),
    path("<int:move_id>/", views.rehearsal, name="rehearsal"),
    path("<int:move_id>/move/", views.move_everybody, name="move"),
    path("<int:move_id>/give-up/", views.give_up, name="give_up"),
    path("<int:move_id>/<panel:panel>/", views.lines, name="lines"),
    path("<int:move_id>/<panel:panel>/decide/", views.decide, name="decide"),
]
