"""Somebody at a desk: signs in, presses buttons, reads what is said."""

from dataclasses import dataclass
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from accounts.models import User
from tests.exchange.conftest import _source_url, source  # noqa: F401 - a department's database


@dataclass
class Desk:
    """A person at the back office, in English."""

    user: User
    client: Client

    def path(self, model: type[Model], what: str, *args: Any) -> str:
        """Return an address of a model's desk."""
        return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{what}", args=args)

    def list(self, model: type[Model]):
        """Open a list."""
        return self.client.get(self.path(model, "changelist"))

    def page(self, row: Model):
        """Open a row's page."""
        return self.client.get(self.path(type(row), "change", row.pk))

    def ask(self, row: Model, button: str):
        """Open the page of a button at a row."""
        return self.client.get(self.path(type(row), "button", row.pk, button))

    def press(self, row: Model, button: str, **told: Any):
        """Press a button at a row."""
        return self.client.post(self.path(type(row), "button", row.pk, button), told)

    def press_above(self, model: type[Model], button: str, **told: Any):
        """Press a button above a list."""
        return self.client.post(self.path(model, "list_button", button), told)


@pytest.fixture
def at_desk(db):
    """Sign a person in."""

    def sign_in(user: User) -> Desk:
        client = Client(headers={"Accept-Language": "en"})
        client.force_login(user)
        return Desk(user, client)

    return sign_in


def said(response) -> str:
    """Return what an answer tells: by message, in the form, or on a refusal's page."""
    texts = [str(message) for message in get_messages(response.wsgi_request)]
    context = response.context or {}
    texts += [str(text) for text in (context.get("refused", ""), *context.get("reasons", ()))]
    form = context.get("form")
    if form is not None:
        texts += [text for texts_of in form.errors.values() for text in texts_of]
    return " ".join(texts)


@pytest.fixture(name="said")
def _said():
    return said
