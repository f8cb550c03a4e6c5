"""Every button of every desk, pressed by somebody whose roles do not hold its permission: 403."""

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from accounts.models import Role
from accounts.roles import CITY_WIDE, OFFICE_ROLES, PERMISSIONS
from audit.models import Entry
from backoffice.desk import Desk
from tests.backoffice.test_desks import a_whole_city
from tests.factories import accounts

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def city(module_database):
    with module_database.unblock():
        return a_whole_city()


def buttons(desk: Desk):
    """Yield each button of a desk with its address, at the first row there is for one."""
    meta = desk.model._meta
    for button in desk.list_buttons:
        yield (
            button,
            reverse(f"admin:{meta.app_label}_{meta.model_name}_list_button", args=[button.name]),
        )
    row = desk.model._default_manager.order_by("pk").first()
    if row is not None:
        for button in desk.buttons:
            place = f"admin:{meta.app_label}_{meta.model_name}_button"
            yield button, reverse(place, args=[row.pk, button.name])


@pytest.mark.slow
def test_each_button_is_refused_to_every_role_that_may_not_press_it(city):
    clients = {}
    for role in (role for role in Role if role in OFFICE_ROLES):
        clients[role] = Client(headers={"Accept-Language": "en"}, raise_request_exception=False)
        place = None if role in CITY_WIDE else city.department
        clients[role].force_login(accounts.user(role, place))
    entries = Entry.objects.count()

    let_in, tried = [], 0
    for desk in admin.site._registry.values():
        for button, address in buttons(desk) if isinstance(desk, Desk) else ():
            for role, client in clients.items():
                if button.permission in PERMISSIONS[role]:
                    continue
                tried += 1
                answer = client.post(address, {"reason": "none"})
                if answer.status_code not in (403, 404):
                    let_in.append((desk.model.__name__, button.name, role, answer.status_code))

    assert let_in == []
    assert tried > 200
    assert Entry.objects.count() == entries


def test_each_button_is_refused_to_the_same_role_of_another_department(city):
    stranger = {
        role: Client(raise_request_exception=False)
        for role in Role
        if role in OFFICE_ROLES and role not in CITY_WIDE
    }
    for role, client in stranger.items():
        client.force_login(accounts.user(role))
    entries = Entry.objects.count()

    let_in, tried = [], 0
    for desk in admin.site._registry.values():
        if not isinstance(desk, Desk) or not desk.owner_path:
            continue
        row = desk.model._default_manager.filter(**{desk.owner_path: city.department}).first()
        if row is None:
            continue
        meta = desk.model._meta
        for button in desk.buttons:
            address = reverse(
                f"admin:{meta.app_label}_{meta.model_name}_button", args=[row.pk, button.name]
            )
            for role, client in stranger.items():
                if button.permission not in PERMISSIONS[role]:
                    continue
                tried += 1
                answer = client.post(address, {"reason": "none"})
                if answer.status_code not in (403, 404):
                    let_in.append((desk.model.__name__, button.name, role, answer.status_code))

    assert let_in == []
    assert tried > 20
    assert Entry.objects.count() == entries
