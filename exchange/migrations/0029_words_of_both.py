"""Words of requests that hold for departments and companies alike."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0014_to_one_person"),
        ("exchange", "0028_wish_clock"),
    ]

    operations = [
        migrations.AlterField(
            model_name="requestevent",
            name="state",
            field=models.CharField(
                choices=[
                    ("draft", "draft"),
                    ("to_sign", "before the head of the asking department"),
                    ("received", "received"),
                    ("in_check", "in formal check"),
                    ("in_review", "with the provider"),
                    ("supplement", "to be completed by the applicant"),
                    ("to_answer", "before the head of the provider"),
                    ("granted", "granted"),
                    ("refused", "refused"),
                    ("withdrawn", "withdrawn by the applicant"),
                ],
                max_length=12,
                verbose_name="state after it",
            ),
        ),
        migrations.AlterField(
            model_name="sharerequest",
            name="ground",
            field=models.CharField(
                blank=True,
                choices=[
                    ("negative_list", "a line of the negative list bars it"),
                    ("beyond_duty", "the purpose is outside the asking department's duties"),
                    ("not_necessary", "the purpose does not need this data"),
                    ("conditions", "the published conditions are not met"),
                    ("not_held", "the provider does not hold what is asked for"),
                ],
                max_length=14,
                verbose_name="ground of refusal",
            ),
        ),
        migrations.AlterField(
            model_name="sharerequest",
            name="organization",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="share_requests",
                to="accounts.organization",
                verbose_name="applicant",
            ),
        ),
        migrations.AlterField(
            model_name="sharerequest",
            name="state",
            field=models.CharField(
                choices=[
                    ("draft", "draft"),
                    ("to_sign", "before the head of the asking department"),
                    ("received", "received"),
                    ("in_check", "in formal check"),
                    ("in_review", "with the provider"),
                    ("supplement", "to be completed by the applicant"),
                    ("to_answer", "before the head of the provider"),
                    ("granted", "granted"),
                    ("refused", "refused"),
                    ("withdrawn", "withdrawn by the applicant"),
                ],
                default="draft",
                max_length=12,
                verbose_name="state",
            ),
        ),
    ]
