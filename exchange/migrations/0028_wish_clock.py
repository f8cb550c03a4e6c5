"""The time limits of requests are named as the table of limits names them."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("exchange", "0027_applications"),
    ]

    operations = [
        migrations.AlterField(
            model_name="sharerequest",
            name="due_step",
            field=models.CharField(
                blank=True,
                choices=[
                    ("catalogue_review", "review of an entry"),
                    ("catalogue_update", "update of an entry after a change"),
                    ("formal_check", "formal check of a request"),
                    ("answer_unconditional", "answer to a request, unconditional data"),
                    ("answer_conditional", "answer to a request, conditional data"),
                    ("answer_bound", "answer to a request, data on the platform"),
                    ("answer_unbound", "answer to a request, data not on the platform yet"),
                    ("answer_opening", "answer to a company, conditional open data"),
                    ("deliver", "sharing of what was agreed"),
                    ("correction", "answer to a correction"),
                    ("wish", "answer to a wish for data"),
                    ("stop_answer", "answer to a provider that wants to stop a service"),
                ],
                max_length=24,
                verbose_name="time limit",
            ),
        ),
    ]
