"""A school's contacts, and who is whose sibling, behind the same lock as its other records."""

from django.db import migrations

from adminhub.broker.directory.row_security import school_rows_only


class Migration(migrations.Migration):
    dependencies = [("broker_sources", "0006_contacts")]
    operations = [
        school_rows_only(
            "broker_sources_contact", "broker_sources_contactpupil", "broker_sources_sibling"
        ),
    ]
