"""Datasets that members follow, and the letters they asked for."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0030_versions_released"),
        ("community", "0003_wishes_extended"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Follower",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("since", models.DateTimeField(verbose_name="follows since")),
                ("seen_at", models.DateTimeField(verbose_name="last looked at")),
                (
                    "letters",
                    models.CharField(
                        choices=[
                            ("none", "no mail"),
                            ("daily", "one mail on a day on which something changed"),
                        ],
                        default="none",
                        max_length=5,
                        verbose_name="mail",
                    ),
                ),
                (
                    "language",
                    models.CharField(
                        choices=[("zh-hans", "Chinese"), ("en", "English")],
                        max_length=10,
                        verbose_name="language",
                    ),
                ),
                ("told_until", models.DateTimeField(verbose_name="told until")),
                (
                    "written_on",
                    models.DateField(blank=True, null=True, verbose_name="letter of the day done"),
                ),
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="person",
                    ),
                ),
            ],
            options={
                "verbose_name": "follower",
                "verbose_name_plural": "followers",
                "indexes": [
                    models.Index(
                        condition=Q(letters="daily"),
                        fields=["written_on", "id"],
                        name="community_follower_written",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=Q(letters__in=["none", "daily"]),
                        name="community_follower_letters_known",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Follow",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("since", models.DateTimeField(verbose_name="follows since")),
                (
                    "dataset",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="follows",
                        to="catalog.dataset",
                        verbose_name="dataset",
                    ),
                ),
                (
                    "follower",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="follows",
                        to="community.follower",
                        verbose_name="follower",
                    ),
                ),
            ],
            options={
                "verbose_name": "followed dataset",
                "verbose_name_plural": "followed datasets",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("follower", "dataset"), name="community_follow_once_a_member"
                    )
                ],
            },
        ),
    ]
