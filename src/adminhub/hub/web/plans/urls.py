"""Addresses of plans."""

from django.urls import path

from adminhub.hub.web.plans import views

app_name = "plans"

urlpatterns = [
    path("", views.index, name="index"),
    path("<int:plan_id>/", views.plan, name="plan"),
    path("<int:plan_id>/changes.csv", views.csv_file, name="csv"),
    path("<int:plan_id>/changes.json", views.json_file, name="json"),
    path("<int:plan_id>/apply/", views.apply, name="apply"),
    path("<int:plan_id>/choose/", views.choose, name="choose"),
    path("<int:plan_id>/leave/", views.leave, name="leave"),
    path("<int:plan_id>/undo/", views.undo, name="undo"),
    path("run/<int:run_id>/undo/", views.undo_run, name="undo_run"),
    path("run/<int:run_id>/<slug:panel>/draft/", views.draft, name="draft"),
]
