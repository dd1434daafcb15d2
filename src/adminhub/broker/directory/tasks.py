"""Sending letters without a person waiting."""

from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.utils import timezone
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from adminhub.broker.directory.models import Letter
from adminhub.look.email import inlined


@app.task(
    name="broker.send_letter",
    queue="letters",
    retry=RetryStrategy(max_attempts=8, exponential_wait=4),
)
def send_letter(letter_id: str) -> None:
    """Send the letter once, and forget its text. A letter already sent is left alone."""
    with transaction.atomic():
        letter = Letter.objects.select_for_update().filter(pk=letter_id, sent_at=None).first()
        if letter is None:
            return
        message = EmailMultiAlternatives(subject=letter.subject, body=letter.text, to=[letter.to])
        if letter.html:
            message.attach_alternative(inlined(letter.html), "text/html")
        message.send()
        Letter.objects.filter(pk=letter.pk).update(sent_at=timezone.now(), text="", html="")
