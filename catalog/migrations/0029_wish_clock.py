"""Until when a wish for data that is not open yet is answered."""

from django.db import migrations, models


def seed(apps, _schema):
    """Add the row; opening is outside Order 809 (art 3), so a provincial rule stands in for it."""
    apps.get_model("catalog", "Clock").objects.get_or_create(
        profile="order809",
        step="wish",
        defaults={
            "working_days": 15,
            "starts_with_zh": "自收到公众的数据需求之日起",
            "starts_with_en": "receipt of the wish",
            "citation": "《贵州省政府数据共享开放条例》（仅见于转述，未核对条文；第809号令不管向社会开放）",
            "certainty": "unverified",
        },
    )


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0028_formats"),
    ]

    operations = [
        migrations.AlterField(
            model_name="clock",
            name="step",
            field=models.CharField(
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
                verbose_name="step",
            ),
        ),
        migrations.RunPython(seed, migrations.RunPython.noop),
    ]
