"""What happens to rehearsals without a person."""

from procrastinate.contrib.django import app


@app.periodic(cron="23 3 * * *")
@app.task(name="broker.give_up_old_rehearsals", queue="arrivals", queueing_lock="give_up_old_rehearsals")
def give_up_rehearsals(timestamp: int) -> None:
    """Every night, forget rehearsals that nobody has carried out for a month."""
    from adminhub.broker.moving.actions import give_up_old_rehearsals

    give_up_old_rehearsals()
