"""Counting by facets without words reads an index alone."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0005_invitations_and_passwords"),
        ("catalog", "0010_amendments"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="searchentry",
            index=models.Index(
                fields=[
                    "state",
                    "owner",
                    "region",
                    "subject",
                    "grade",
                    "sharing",
                    "opening",
                    "cycle",
                    "category",
                ],
                name="catalog_search_facets",
            ),
        ),
    ]
