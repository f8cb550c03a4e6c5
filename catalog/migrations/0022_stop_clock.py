"""A limit of the platform's own: how long a consumer has to answer a stop of its service."""

from django.db import migrations, models

STEPS = [
    ("catalogue_review", "review of an entry"),
    ("catalogue_update", "update of an entry after a change"),
    ("formal_check", "formal check of a request"),
    ("answer_unconditional", "answer to a request, unconditional data"),
    ("answer_conditional", "answer to a request, conditional data"),
    ("answer_bound", "answer to a request, data on the platform"),
    ("answer_unbound", "answer to a request, data not on the platform yet"),
    ("deliver", "sharing of what was agreed"),
    ("correction", "answer to a correction"),
    ("stop_answer", "answer to a provider that wants to stop a service"),
]


def seed(apps, _schema):
    """Add the row; no article sets such a limit, so its certainty stays "unverified"."""
    apps.get_model("catalog", "Clock").objects.get_or_create(
        profile="order809",
        step="stop_answer",
        defaults={
            "working_days": 10,
            "extension_days": 0,
            "remind_days": None,  # `exchange.sharing.stopping` tells of it
            "late_days": None,
            "climb_days": None,
            "starts_with_zh": "自收到提供部门停止服务的商请之日起",
            "starts_with_en": "receipt of the provider's wish to stop",
            "citation": "平台自定（《政务数据共享条例》第二十七条未定时限）",
            "certainty": "unverified",
        },
    )


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0021_titles_by_sound"),
    ]

    operations = [
        migrations.AlterField(
            model_name="clock",
            name="step",
            field=models.CharField(choices=STEPS, max_length=24, verbose_name="step"),
        ),
        migrations.RunPython(seed, migrations.RunPython.noop),
    ]
