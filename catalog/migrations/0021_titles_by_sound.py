"""What sorts entries by the sound of their titles; `provision` fills the rows anew."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0020_words_of_the_city"),
    ]

    operations = [
        migrations.RunSQL("DELETE FROM catalog_searchentry", migrations.RunSQL.noop),
        migrations.AddField(
            model_name="searchentry",
            name="title_key",
            field=models.TextField(default="", verbose_name="title by sound"),
        ),
        migrations.RunSQL(
            "ALTER TABLE catalog_searchentry ALTER COLUMN title_key SET STORAGE MAIN",
            migrations.RunSQL.noop,
        ),
    ]
