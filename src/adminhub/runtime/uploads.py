"""Refuses a form that is too large by its length, before a byte of its files is written to a disk."""

from typing import IO, Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadhandler import FileUploadHandler


class Bounded(FileUploadHandler):
    """The first upload handler: only people who are logged in send files, and no more than LARGEST_UPLOAD bytes."""

    def handle_raw_input(
        self,
        input_data: IO[bytes],
        META: dict[str, str],
        content_length: int,
        boundary: str,
        encoding: str | None = None,
    ) -> None:
        """Look at the length. Raises RequestDataTooBig."""
        user = getattr(self.request, "user", None)
        is_known = user is not None and user.is_authenticated
        if content_length > (settings.LARGEST_UPLOAD if is_known else settings.LARGEST_FORM):
            raise RequestDataTooBig("The form is too large. Nothing was read.")

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        """Leave the bytes to the next handler."""
        return raw_data

    def file_complete(self, file_size: int) -> Any:
        """Leave the file to the next handler."""
        return None
