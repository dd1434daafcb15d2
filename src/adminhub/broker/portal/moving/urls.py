"""Addresses of the pages about a change of MIS."""

from django.urls import path

from adminhub.broker.portal.moving import views

app_name = "moving"

urlpatterns = [
    path("<slug:school_id>/data-source/change-of-mis/", views.show, name="show"),
    path("<slug:school_id>/data-source/change-of-mis/rehearse/", views.rehearse, name="rehearse"),
    path("<slug:school_id>/data-source/change-of-mis/<int:move_id>/carry-out/", views.go, name="carry_out"),
    path("<slug:school_id>/data-source/change-of-mis/<int:move_id>/give-up/", views.stop, name="give_up"),
]
