"""Removing a record: it is served no longer, and kept, so that the school can bring it back."""

from adminhub.broker.api.writes.asked import Asked
from adminhub.broker.records.actions import remove
from adminhub.broker.records.models import SchoolRecord, Writeback


def remove_record(asked: Asked, body: None) -> Writeback:
    model: type[SchoolRecord] = asked.resource.model  # type: ignore[assignment]
    return remove(call=asked.call, model=model, record_id=asked.record_id)
