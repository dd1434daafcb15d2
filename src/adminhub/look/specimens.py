"""Invented people and schools for the living style page."""

from dataclasses import dataclass

from django import forms


class SchoolDetailsForm(forms.Form):
    name = forms.CharField(label="School name")
    postcode = forms.CharField(label="Postcode", min_length=6, help_text="As on the school's letters.")
    urn = forms.CharField(label="URN", help_text="Six digits, given by the Department for Education.")
    kind = forms.ChoiceField(
        label="Which schools?",
        choices=[("open", "Open schools only"), ("both", "Open and closed schools")],
        widget=forms.RadioSelect,
    )
    notes = forms.CharField(label="Notes", required=False, widget=forms.Textarea(attrs={"rows": 3}))
    agree = forms.BooleanField(label="These are our school's details")


@dataclass(frozen=True, slots=True)
class Match:
    """A row of the style page's match table."""

    status: str
    name: str
    note: str
    mis_name: str
    mis_note: str
    reason: str


MATCHES = [
    Match(
        "may_match",
        "Jo Novak",
        "10Y · 3 March 2012",
        "Jo Novák",
        "10Y · 3 March 2012",
        "Same birthday, spelling differs",
    ),
    Match("may_match", "Kit Ray", "8B · 14 May 2014", "Kim Ray", "8B · 14 May 2014", "Twins: check the UPN"),
    Match("new", "", "", "Amina Yusuf", "7R · 2 November 2014", "Nobody like this in the hub"),
    Match("matched", "Theo Marsh", "9G · 21 July 2013", "Theo Marsh", "9G · 21 July 2013", "UPN agrees"),
    Match(
        "matched",
        "Bethan Price-Griffiths",
        "11B · 9 January 2012",
        "Bethan Price-Griffiths",
        "11B · 9 January 2012",
        "UPN agrees",
    ),
    Match("not_matched", "Olu Adeyemi", "10Y · 30 August 2012", "", "", "Not in the data from your MIS"),
    Match(
        "synced", "Wren Castle", "7R · 4 April 2015", "Wren Castle", "7R · 4 April 2015", "Linked last term"
    ),
]
