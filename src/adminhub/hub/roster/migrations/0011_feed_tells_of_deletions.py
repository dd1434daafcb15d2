from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('hub_roster', '0010_plan_of_feed_entry'),
    ]

    operations = [
        migrations.AlterField(
            model_name='feedentry',
            name='change',
            field=models.CharField(help_text='changed, granted, withdrawn, deleted', max_length=20),
        ),
    ]
