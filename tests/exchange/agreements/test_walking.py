"""`verify_agreements` finds an agreement that was changed, and one that is gone."""

import pytest
from django.core.management import CommandError, call_command

from audit import chain
from exchange.agreements import walking
from exchange.models import Agreement

pytestmark = pytest.mark.django_db


def test_agreements_that_are_whole_are_counted(two, capsys):
    two.granted("phone")
    two.signed("name")  # granted at once
    two.signed("income")  # not granted
    chain.link()

    call_command("verify_agreements")

    assert "are what was signed: 2." in capsys.readouterr().out


def test_one_that_is_not_chained_yet_is_no_finding(two):
    two.granted("phone")

    assert list(walking.amiss()) == []


def test_a_changed_one_and_one_that_is_gone_are_both_told(two):
    changed, gone = two.granted("phone"), two.granted("income")
    chain.link()
    kept = Agreement.objects.get(grant=changed)
    kept.document["use"]["scene"] = "别的场景"
    kept.save()
    Agreement.objects.filter(grant=gone).delete()

    with pytest.raises(CommandError) as told:
        call_command("verify_agreements")

    first, second = str(told.value).splitlines()
    assert first.startswith(f"Grant {changed.pk}: The document was changed after it was signed")
    assert second == f"Grant {gone.pk}: The audit trail names its agreement, and none is kept."
