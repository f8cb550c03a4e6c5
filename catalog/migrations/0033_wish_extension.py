"""The answer to a wish can be given more time once: the rule that gives the limit says so too."""

from django.db import migrations


def extend(apps, _schema):
    """Say by how much and by whose consent, where the city has not done so itself."""
    row = apps.get_model("catalog", "Clock").objects.filter(profile="order809", step="wish")
    row.filter(extension_days=0, consent_zh="").update(
        extension_days=15,
        consent_zh="经负责人同意并告知申请人；本平台由数据主管部门同意",
        consent_en=(
            "consent of the head, and the applicant is told; here the data authority consents"
        ),
    )


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0032_opening_proposed"),
    ]

    operations = [migrations.RunPython(extend, migrations.RunPython.noop)]
