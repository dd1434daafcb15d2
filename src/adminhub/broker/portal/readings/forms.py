"""Which part of the access log to show."""

from django import forms

from adminhub.broker.portal.readings.queries import Asked


class AskedForm(forms.Form):
    """Days that cannot be read ask for nothing."""

    app = forms.CharField(required=False)
    resource = forms.CharField(required=False)
    since = forms.DateField(required=False)
    until = forms.DateField(required=False)

    def asked(self) -> Asked:
        self.is_valid()
        found = self.cleaned_data
        return Asked(
            app=found.get("app", ""),
            resource=found.get("resource", ""),
            since=found.get("since"),
            until=found.get("until"),
        )
