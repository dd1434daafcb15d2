"""Only the rows of the school in scope can be seen or written, whatever the code forgets."""

from django.db import migrations

from adminhub.broker.directory.row_security import IN_SCOPE, school_rows_only


class Migration(migrations.Migration):
    dependencies = [("broker_sources", "0002_record_ids")]
    operations = [
        school_rows_only(
            "broker_sources_group",
            "broker_sources_subject",
            "broker_sources_schoolclass",
            "broker_sources_pupil",
            "broker_sources_employee",
            "broker_sources_classpupil",
            "broker_sources_classemployee",
            "broker_sources_grouppupil",
            "broker_sources_groupemployee",
            "broker_sources_deletion",
        ),
        school_rows_only(
            "broker_sources_sourceupload",
            which=f"source_id in (select id from broker_sources_source where {IN_SCOPE})",  # noqa: S608
        ),
    ]
