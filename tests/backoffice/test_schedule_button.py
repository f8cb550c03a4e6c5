"""The schedule of a binding by its button."""

from accounts.roles import Role
from exchange.models import Binding
from tests.factories import accounts, exchange

TOLD = {
    "schedule_minutes": 90,
    "paused": "on",
    "full_every_days": 3,
    "max_rejected_percent": 1,
    "max_shrink_percent": 2,
}


def test_a_publisher_changes_the_schedule_and_nobody_else_does(at_desk, said):
    where = exchange.house()
    binding = exchange.csv_binding(where, "id,name,price\n1,a,2\n")
    other = at_desk(accounts.user(Role.SYSTEM_ADMIN))

    refused = other.press(binding, "reschedule", **TOLD)
    desk = at_desk(where.publisher)
    desk.press(binding, "reschedule", **TOLD)

    assert refused.status_code == 403
    binding.refresh_from_db()
    assert (binding.schedule_minutes, binding.paused, binding.max_shrink_percent) == (90, True, 2)
    asked = desk.ask(binding, "reschedule").content.decode()
    assert 'value="90"' in asked


def test_a_share_above_a_hundred_is_not_taken(at_desk, said):
    where = exchange.house()
    binding = exchange.csv_binding(where, "id,name,price\n1,a,2\n")

    answer = at_desk(where.publisher).press(
        binding, "reschedule", **TOLD | {"max_rejected_percent": 101}
    )

    assert "100" in said(answer)
    assert Binding.objects.get().max_rejected_percent == 10
