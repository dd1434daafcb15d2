"""A school may keep its own value of a class's name, subject and the like, as of a person's."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("hub_roster", "0012_former_surname")]
    operations = [
        migrations.RemoveConstraint("fieldoverride", "override_is_of_one_pupil_or_one_employee"),
        migrations.AddField(
            "fieldoverride",
            "school_class",
            models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="overrides",
                to="hub_roster.schoolclass",
            ),
        ),
        migrations.AddConstraint(
            "fieldoverride",
            models.CheckConstraint(
                condition=(
                    models.Q(employee__isnull=False, pupil__isnull=True, school_class__isnull=True)
                    | models.Q(employee__isnull=True, pupil__isnull=False, school_class__isnull=True)
                    | models.Q(employee__isnull=True, pupil__isnull=True, school_class__isnull=False)
                ),
                name="override_is_of_one_person_or_one_class",
            ),
        ),
        migrations.AddConstraint(
            "fieldoverride",
            models.UniqueConstraint(fields=("school_class", "field"), name="class_field_is_kept_once"),
        ),
    ]
