"""A new week: its lessons."""

from procrastinate.contrib.django import app


@app.periodic(cron="3 * * * *")
@app.task(name="broker.hold_this_weeks_lessons", queue="sources", queueing_lock="hold_this_weeks_lessons")
def hold_every_schools_lessons(timestamp: int) -> None:
    """Every hour; a school whose week has its lessons is left alone."""
    from adminhub.broker.directory.models import School
    from adminhub.broker.timetables.actions import hold_this_weeks_lessons

    for school in School.objects.filter(source__has_timetable=True):
        hold_this_weeks_lessons(school=school)
