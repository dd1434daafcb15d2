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


class InterfaceForm(ChannelForm):
    """We ask an MIS's interface."""

    secret = forms.CharField(
        label="Secret",
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        max_length=2_000,
        help_text="It is kept sealed and never shown.",
    )


class OneRosterForm(InterfaceForm):
    """OneRoster 1.1 or 1.2 over REST."""

    title = "Fetch from a OneRoster service"
    setting_names = ("base_url", "version", "token_url", "client_id")

    base_url = forms.URLField(
        label="Address", assume_scheme="https", help_text="Of the server, or up to /ims/oneroster/…."
    )
    version = forms.ChoiceField(label="Version", choices=[("1.2", "1.2"), ("1.1", "1.1")])
    token_url = forms.URLField(
        label="Address for tokens", assume_scheme="https", help_text="OAuth 2, client credentials."
    )
    client_id = forms.CharField(label="Client id", max_length=200)


class ArborForm(InterfaceForm):
    """Arbor's REST interface."""

    title = "Fetch from Arbor"
    setting_names = ("base_url", "client_id")

    base_url = forms.URLField(
        label="Address",
        assume_scheme="https",
        help_text="Of your school's Arbor, such as https://oakhill.uk.arbor.sc.",
    )
    client_id = forms.CharField(label="User name", max_length=200)


class BromcomForm(InterfaceForm):
    """Bromcom's partner interface."""

    title = "Fetch from Bromcom"
    setting_names = ("school_id", "base_url")

    school_id = forms.CharField(label="School id in Bromcom", max_length=40)
    base_url = forms.URLField(
        label="Address", assume_scheme="https", required=False, help_text="Empty: Bromcom's usual one."
    )


class EdFiForm(InterfaceForm):
    """An Ed-Fi ODS."""

    title = "Fetch from an Ed-Fi ODS"
    setting_names = ("base_url", "client_id", "school_id", "token_url")

    base_url = forms.URLField(label="Address", assume_scheme="https", help_text="Before /data/v3/ed-fi.")
    client_id = forms.CharField(label="Key", max_length=200)
    school_id = forms.CharField(label="School id in Ed-Fi", max_length=40)
    token_url = forms.URLField(
        label="Address for tokens",
        assume_scheme="https",
        required=False,
        help_text="Empty: /oauth/token below the address.",
    )


FORMS: dict[str, type[ChannelForm]] = {
    Kind.DROP: DropForm,
    Kind.FOLDER: FolderForm,
    Kind.SFTP: SftpForm,
    Kind.ONEROSTER: OneRosterForm,
    Kind.ARBOR: ArborForm,
    Kind.BROMCOM: BromcomForm,
    Kind.EDFI: EdFiForm,
}
