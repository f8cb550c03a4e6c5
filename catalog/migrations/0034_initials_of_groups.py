import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0033_wish_extension"),
    ]

    operations = [
        migrations.AddField(
            model_name="wordgroup",
            name="initials",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.TextField(),
                default=list,
                editable=False,
                size=None,
                verbose_name="initials of pinyin",
            ),
        ),
    ]
