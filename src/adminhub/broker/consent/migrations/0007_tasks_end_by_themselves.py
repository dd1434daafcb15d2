from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('broker_consent', '0006_what_apps_were_shown'),
    ]

    operations = [
        migrations.RemoveField(
            model_name='operatortask',
            name='completed_by',
        ),
    ]
