"""What happens to the access log without a person."""

from procrastinate.contrib.django import app


@app.periodic(cron="40 2 * * *")
@app.task(name="broker.forget_old_readings", queue="sources", queueing_lock="forget_old_readings")
def forget_old(timestamp: int) -> None:
    """Every night."""
    from adminhub.broker.api.reading import forget_old_readings

    forget_old_readings()
