"""Only the rows of the school in scope can be seen or written, whatever the code forgets."""

from django.db import migrations

from adminhub.broker.directory.row_security import school_rows_only

TABLES = (
    "attendancecode",
    "sessionmark",
    "lessonmark",
    "attendancesummary",
    "behaviourattribute",
    "behaviour",
    "behaviourpupil",
    "behaviouremployee",
    "achievementattribute",
    "achievement",
    "achievementpupil",
    "achievementemployee",
    "exclusion",
    "medicalcondition",
    "medicalevent",
    "medicalnote",
    "doctor",
    "doctorpupil",
    "aspect",
    "resultset",
    "template",
    "templateaspect",
    "marksheet",
    "result",
    "employeeabsence",
    "event",
    "photo",
    "writebackchange",
)


class Migration(migrations.Migration):
    dependencies = [("broker_records", "0001_initial")]
    operations = [school_rows_only(*(f"broker_records_{table}" for table in TABLES))]
