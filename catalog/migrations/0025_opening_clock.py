"""Until when a company that applies for conditional open data is answered."""

from django.db import migrations, models

STEPS = [
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
    ("stop_answer", "answer to a provider that wants to stop a service"),
]


def seed(apps, _schema):
    """Add the row; opening is outside Order 809 (art 3), so a provincial rule stands in for it."""
    apps.get_model("catalog", "Clock").objects.get_or_create(
        profile="order809",
        step="answer_opening",
        defaults={
            "working_days": 15,
            "extension_days": 15,
            "starts_with_zh": "自收到企业的有条件开放申请之日起",
            "starts_with_en": "receipt of the company's application",
            "consent_zh": "经负责人同意并告知申请人；本平台由数据主管部门同意",
            "consent_en": (
                "consent of the head, and the applicant is told; here the data authority consents"
            ),
            "citation": "《贵州省政府数据共享开放条例》（仅见于转述，未核对条文；第809号令不管向社会开放）",
            "certainty": "unverified",
        },
    )


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0024_catalogue_alarms"),
    ]

    operations = [
        migrations.AlterField(
            model_name="clock",
            name="step",
            field=models.CharField(choices=STEPS, max_length=24, verbose_name="step"),
        ),
        migrations.RunPython(seed, migrations.RunPython.noop),
    ]
