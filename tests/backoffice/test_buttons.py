"""Every button calls a verb, and is refused to a wrong role with 403."""

import pytest
from django.contrib import admin

from accounts.roles import OFFICE_ROLES, PERMISSIONS, Role, holders
from backoffice.desk import Desk
from catalog.models import Dataset
from tests.factories import accounts

DESKS = [desk for desk in admin.site._registry.values() if isinstance(desk, Desk)]
AT_ROWS = [(desk.model, button) for desk in DESKS for button in desk.buttons]
ABOVE_LISTS = [(desk.model, button) for desk in DESKS for button in desk.list_buttons]


def label(value):
    return value._meta.label if hasattr(value, "_meta") else getattr(value, "name", str(value))


def without(permission):
    """Return an office role that does not hold a permission."""
    return next(
        role for role in Role if role in OFFICE_ROLES and permission not in PERMISSIONS[role]
    )


# every button


@pytest.mark.parametrize(("model", "button"), AT_ROWS, ids=label)
def test_a_button_at_a_row_refuses_the_wrong_role(model, button, at_desk):
    desk = at_desk(accounts.user(without(button.permission)))
    address = desk.path(model, "button", 1, button.name)

    asked, pressed = desk.client.get(address), desk.client.post(address)

    assert asked.status_code == pressed.status_code == 403
    assert "It can be taken by" in pressed.content.decode()


@pytest.mark.parametrize(("model", "button"), ABOVE_LISTS, ids=label)
def test_a_button_above_a_list_refuses_the_wrong_role_and_opens_for_the_right_one(
    model, button, at_desk
):
    refused = at_desk(accounts.user(without(button.permission)))
    assert refused.press_above(model, button.name).status_code == 403
    able = [role for role in holders(button.permission) if role in OFFICE_ROLES]
    for role in able:
        desk = at_desk(accounts.user(role))
        assert desk.client.get(desk.path(model, "list_button", button.name)).status_code == 200


@pytest.mark.parametrize(("model", "button"), [*AT_ROWS, *ABOVE_LISTS], ids=label)
def test_every_buttons_permission_is_held_by_some_role(model, button):
    assert holders(button.permission)


@pytest.mark.parametrize(("model", "button"), AT_ROWS, ids=label)
def test_a_button_at_no_row_is_not_found(model, button, at_desk):
    able = next((r for r in holders(button.permission) if r in OFFICE_ROLES), None)
    if able is None:
        return  # developers' buttons
    desk = at_desk(accounts.user(able))

    answer = desk.client.post(desk.path(model, "button", 987654321, button.name))

    assert answer.status_code == 404


def test_an_unknown_button_is_not_found(at_desk):
    desk = at_desk(accounts.user(Role.OPERATOR))

    assert desk.client.get(desk.path(Dataset, "list_button", "conjure")).status_code == 404
