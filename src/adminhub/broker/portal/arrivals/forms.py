"""What has to be said about each way by which exports come."""

from __future__ import annotations

from typing import Any

from django import forms

from adminhub.broker.arrivals.models import Channel

Kind = Channel.Kind


class ChannelForm(forms.Form):
    """What every way has: how often. A kind adds its own settings and a secret."""

    every_minutes = forms.TypedChoiceField(
        label="How often", choices=Channel.Every.choices, coerce=int, initial=Channel.Every.DAY
    )
    setting_names: tuple[str, ...] = ()

    def __init__(self, data: Any = None, *, channel: Channel | None = None) -> None:
        known = {"every_minutes": channel.every_minutes, **channel.settings} if channel else None
        super().__init__(data, initial=known)
        self.channel = channel
        if channel is not None and "secret" in self.fields:
            self.fields["secret"].required = False
            self.fields["secret"].help_text = "Leave it empty to keep the one there is."

    @property
    def typed_settings(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in self.setting_names}

    @property
    def typed_secret(self) -> str:
        return str(self.cleaned_data.get("secret", ""))


class DropForm(ChannelForm):
    """Your server sends."""

    title = "Send exports over HTTPS"

    def __init__(self, data: Any = None, *, channel: Channel | None = None) -> None:
        super().__init__(data, channel=channel)
        self.fields["every_minutes"].label = "How often your server sends"
        self.fields["every_minutes"].help_text = "If nothing comes for twice as long, it is shown as overdue."


class FolderForm(ChannelForm):
    """We look into a folder."""

    title = "Watch a folder"


class SftpForm(ChannelForm):
    """We fetch."""

    title = "Fetch by SFTP"
    setting_names = ("host", "port", "username", "path", "pattern")

    host = forms.CharField(
        label="Server", max_length=253, help_text="Its name, such as sftp.oakhill.example."
    )
    port = forms.IntegerField(label="Port", min_value=1, max_value=65535, initial=22)
    username = forms.CharField(label="User name", max_length=100)
    secret = forms.CharField(
        label="Password or private key",
        widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "off", "spellcheck": "false"}),
        help_text="A private key is told from a password by itself. Either is kept sealed and never shown.",
        max_length=20_000,
    )
    path = forms.CharField(
        label="Folder", max_length=500, required=False, help_text="Empty: the folder the user starts in."
    )
    pattern = forms.CharField(
        label="Files",
        max_length=100,
        required=False,
        help_text="Such as *.zip. Empty: every file in the folder.",
    )
    forget_host_key = forms.BooleanField(
        label="Forget the server's key",
        required=False,
        help_text="Only if the server was replaced: the new key is remembered the next time.",
    )

    def __init__(self, data: Any = None, *, channel: Channel | None = None) -> None:
        super().__init__(data, channel=channel)
        if self.channel is None:
            del self.fields["forget_host_key"]

    @property
    def typed_settings(self) -> dict[str, Any]:
        """What was typed, and the server's key as long as the server is the same."""
        kept: dict[str, Any] = {}
        typed = super().typed_settings
        before = self.channel.settings if self.channel else {}
        is_same = all(before.get(name) == typed[name] for name in ("host", "port"))
        if is_same and not self.cleaned_data.get("forget_host_key"):
            kept = {name: before[name] for name in ("host_key", "host_key_fingerprint") if name in before}
        return {**typed, **kept}


FORMS: dict[str, type[ChannelForm]] = {Kind.DROP: DropForm, Kind.FOLDER: FolderForm, Kind.SFTP: SftpForm}
