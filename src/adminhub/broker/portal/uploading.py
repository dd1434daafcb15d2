"""Taking a school's export from a browser to the reader, without keeping it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile

from adminhub.broker.arrivals.values import LARGEST_TOTAL, MOST_FILES
from adminhub.broker.consent.actions import go_on_after
from adminhub.broker.directory.models import School, User
from adminhub.broker.sources.actions import publish_files
from adminhub.broker.sources.models import SourceUpload

LONGEST_NAME = 100


class ManyFilesInput(forms.ClearableFileInput):
    """A file input that takes several."""

    allow_multiple_selected = True


class ManyFilesField(forms.FileField):
    """Several files; cleaned to a list."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=ManyFilesInput(), **kwargs)

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile[Any]]:
        """Check each file as Django checks one."""
        files = data if isinstance(data, list) else [data] if data else []
        if not files:
            raise forms.ValidationError(self.error_messages["required"], code="required")
        return [super(ManyFilesField, self).clean(file, initial) for file in files]


class UploadForm(forms.Form):
    """The files of one export."""

    export = ManyFilesField(
        label="Export files",
        help_text="The files of one export: SIMS reports, spreadsheets, a Common Transfer File, a OneRoster zip.",
        error_messages={
            "required": "No file was chosen, so nothing was read. Choose the files of one export.",
            "empty": "One of the files is empty. Nothing was read. Export it again.",
        },
    )

    def clean_export(self) -> list[UploadedFile[Any]]:
        """Refuse what cannot be one school's export."""
        files: list[UploadedFile[Any]] = self.cleaned_data["export"]
        if len(files) > MOST_FILES:
            raise forms.ValidationError(
                f"These are {len(files)} files, more than the {MOST_FILES} of any export. Nothing was read."
            )
        if sum(file.size or 0 for file in files) > LARGEST_TOTAL:
            raise forms.ValidationError(
                "The files are larger than 300 MB together. Nothing was read. "
                "Check that they are the export and nothing else."
            )
        names = [_plain_name(file) for file in files]
        if len(set(names)) < len(names):
            raise forms.ValidationError("Two of the files have the same name. Nothing was read. Rename one.")
        return files


class OperatorUploadForm(UploadForm):
    """The same, with an operator's word that a held export may be published."""

    is_agreed = forms.BooleanField(
        label="Publish anyway",
        required=False,
        help_text="Only after the school has confirmed that the change is right. It is published even if "
        "much has vanished since the last export.",
    )


def publish_uploaded(
    *, school: School, files: Iterable[UploadedFile[Any]], by: User, is_agreed: bool = False
) -> SourceUpload:
    """Read and publish the files, forget them, and let requests that waited for this go on."""
    with on_disk(files) as paths:
        upload = publish_files(school=school, paths=paths, by=by, is_agreed=is_agreed)
    go_on_after(upload, school=school)
    return upload


@contextmanager
def on_disk(files: Iterable[UploadedFile[Any]]) -> Iterator[list[Path]]:
    """The files in a folder of their own, which is removed afterwards."""
    with TemporaryDirectory(prefix="export-") as folder:
        paths = []
        for file in files:
            path = Path(folder) / _plain_name(file)
            with path.open("wb") as copy:
                for chunk in file.chunks():
                    copy.write(chunk)
            paths.append(path)
        yield paths


def _plain_name(file: UploadedFile[Any]) -> str:
    """The file's own name, which some formats need; never a path."""
    return Path(file.name or "export").name[-LONGEST_NAME:]
