"""Time limits and working days; the limits of Order 809 and of one older municipal rule."""

from django.db import migrations, models

LIMITS = [
    # profile, step, working days, extension, starts with (zh, en), consent (zh, en), citation
    (
        "order809",
        "catalogue_update",
        10,
        5,
        "自相关规定调整或者职责变化之日起",
        "the day a rule or a duty changed",
        "经同级政务数据共享主管部门同意",
        "consent of the data authority of the same level",
        "《政务数据共享条例》第十七条第二款",
    ),
    (
        "order809",
        "catalogue_review",
        2,
        0,
        "自收到更新的目录之日起",
        "receipt of the entry",
        "",
        "",
        "《政务数据共享条例》第十七条第三款（首次审核第十六条未定时限，参照执行）",
    ),
    (
        "order809",
        "answer_unconditional",
        1,
        0,
        "自收到政务数据共享申请之日起",
        "receipt of the request",
        "",
        "",
        "《政务数据共享条例》第二十一条第一款",
    ),
    (
        "order809",
        "answer_conditional",
        10,
        10,
        "自收到政务数据共享申请之日起",
        "receipt of the request",
        "报经同级政务数据共享主管部门同意，并告知政务数据需求部门",
        "consent of the data authority of the same level, and the requester is told",
        "《政务数据共享条例》第二十一条第一款",
    ),
    (
        "order809",
        "deliver",
        20,
        0,
        "自作出同意共享的答复之日起",
        "the answer that agreed",
        "",
        "",
        "《政务数据共享条例》第二十二条第一款",
    ),
    (
        "order809",
        "correction",
        10,
        0,
        "自收到政务数据校核申请之日起",
        "receipt of the correction",
        "",
        "",
        "《政务数据共享条例》第二十六条第二款",
    ),
    (
        "municipal-2024",
        "formal_check",
        2,
        0,
        "自收到申请之日起",
        "receipt of the request",
        "",
        "",
        "某市政务数据共享规则（2024年3月，早于第809号令）：符合性审查",
    ),
    (
        "municipal-2024",
        "answer_bound",
        5,
        0,
        "自收到申请之日起，数据已在平台",
        "receipt of the request, data on the platform",
        "",
        "",
        "某市政务数据共享规则（2024年3月，早于第809号令）：提供部门答复",
    ),
    (
        "municipal-2024",
        "answer_unbound",
        10,
        0,
        "自收到申请之日起，数据尚未归集",
        "receipt of the request, data not on the platform yet",
        "",
        "",
        "某市政务数据共享规则（2024年3月，早于第809号令）：提供部门答复",
    ),
]
# None was compared with the gazette: the Order was read whole in a copy of the news wire, the
# municipal rule in a report of it. So no row says "verified"; the data authority's people do that.
CERTAINTY = {"order809": "secondary", "municipal-2024": "unverified"}


def seed(apps, _schema):
    clock = apps.get_model("catalog", "Clock")
    for profile, step, days, more, start_zh, start_en, consent_zh, consent_en, said in LIMITS:
        clock.objects.get_or_create(
            profile=profile,
            step=step,
            defaults={
                "working_days": days,
                "extension_days": more,
                "starts_with_zh": start_zh,
                "starts_with_en": start_en,
                "consent_zh": consent_zh,
                "consent_en": consent_en,
                "citation": said,
                "certainty": CERTAINTY[profile],
            },
        )


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0003_field_terms"),
    ]

    operations = [
        migrations.CreateModel(
            name="WorkingDay",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("day", models.DateField(unique=True, verbose_name="day")),
                (
                    "working",
                    models.BooleanField(
                        help_text="Leave empty for a day of rest.", verbose_name="offices work"
                    ),
                ),
                ("note", models.CharField(blank=True, max_length=200, verbose_name="note")),
                (
                    "source",
                    models.CharField(
                        help_text="The announcement that says so, with its number.",
                        max_length=200,
                        verbose_name="announced by",
                    ),
                ),
            ],
            options={
                "verbose_name": "working day",
                "verbose_name_plural": "working days",
            },
        ),
        migrations.CreateModel(
            name="Clock",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("profile", models.SlugField(max_length=30, verbose_name="body of rules")),
                (
                    "step",
                    models.CharField(
                        choices=[
                            ("catalogue_review", "review of an entry"),
                            ("catalogue_update", "update of an entry after a change"),
                            ("formal_check", "formal check of a request"),
                            ("answer_unconditional", "answer to a request, unconditional data"),
                            ("answer_conditional", "answer to a request, conditional data"),
                            ("answer_bound", "answer to a request, data on the platform"),
                            (
                                "answer_unbound",
                                "answer to a request, data not on the platform yet",
                            ),
                            ("deliver", "sharing of what was agreed"),
                            ("correction", "answer to a correction"),
                        ],
                        max_length=24,
                        verbose_name="step",
                    ),
                ),
                ("working_days", models.PositiveSmallIntegerField(verbose_name="working days")),
                (
                    "extension_days",
                    models.PositiveSmallIntegerField(
                        default=0, verbose_name="working days it can be extended by"
                    ),
                ),
                (
                    "starts_with_zh",
                    models.CharField(max_length=200, verbose_name="starts with, Chinese"),
                ),
                (
                    "starts_with_en",
                    models.CharField(
                        blank=True, max_length=200, verbose_name="starts with, English"
                    ),
                ),
                (
                    "consent_zh",
                    models.CharField(
                        blank=True, max_length=200, verbose_name="an extension needs, Chinese"
                    ),
                ),
                (
                    "consent_en",
                    models.CharField(
                        blank=True, max_length=200, verbose_name="an extension needs, English"
                    ),
                ),
                ("citation", models.CharField(max_length=200, verbose_name="who says so")),
                (
                    "certainty",
                    models.CharField(
                        choices=[
                            ("verified", "verified"),
                            ("secondary", "secondary"),
                            ("unverified", "unverified"),
                        ],
                        default="unverified",
                        max_length=12,
                        verbose_name="how far that was checked",
                    ),
                ),
            ],
            options={
                "verbose_name": "time limit",
                "verbose_name_plural": "time limits",
                "constraints": [
                    models.UniqueConstraint(fields=("profile", "step"), name="catalog_clock_once"),
                    models.CheckConstraint(
                        condition=models.Q(("working_days__gt", 0)),
                        name="catalog_clock_runs",
                        violation_error_message="A time limit is one working day or more.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("extension_days", 0),
                            models.Q(("consent_zh", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="catalog_clock_extension_needs_consent",
                        violation_error_message="Say whose consent an extension needs.",
                    ),
                ],
            },
        ),
        migrations.RunPython(seed, migrations.RunPython.noop),
    ]
