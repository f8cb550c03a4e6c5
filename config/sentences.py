"""What the frameworks say of a form or a body that does not fit, in our words.

Django and Django REST framework have a sentence for each kind of input: in one language only, or
without what to do. Ours stand in the place of those that people meet most.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.core.validators import EmailValidator
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

Words = Mapping[str, Any]

NO_DAY = _("This is no day of the calendar. Write year-month-day, such as 2026-03-31.")
NO_MOMENT = _("This is no day and time. Write them as in 2026-03-31 09:30.")
NO_WHOLE_NUMBER = _("This is no whole number. Write digits alone, such as 12.")
NO_NUMBER = _("This is no number. Write digits, with a point before decimals, such as 12.5.")
NO_PAGE = _("This is no address of a page. It begins with https://, such as https://example.org/.")
NOT_OFFERED = _("This cannot be chosen here, or not any more. Choose one that is offered.")
NO_FILE = _("No file came with the form. Choose it again and send it.")
NO_OBJECT = _("It is no object. Send one, in curly brackets.")
NO_LIST: Words = {
    "not_a_list": _("It is no list. Send one, in square brackets."),
    "empty": _("The list is empty. Name at least one."),
}

FORMS: tuple[tuple[type[forms.Field], Words], ...] = (
    (forms.Field, {"required": _("This is needed and was left empty. Fill it in.")}),
    (forms.IntegerField, {"invalid": NO_WHOLE_NUMBER}),
    (forms.FloatField, {"invalid": NO_NUMBER}),
    (forms.DecimalField, {"invalid": NO_NUMBER}),
    (forms.DateField, {"invalid": NO_DAY}),
    (forms.DateTimeField, {"invalid": NO_MOMENT}),
    (forms.URLField, {"invalid": NO_PAGE}),
    (forms.ChoiceField, {"invalid_choice": NOT_OFFERED}),
    (forms.MultipleChoiceField, {"invalid_choice": NOT_OFFERED, "invalid_list": NOT_OFFERED}),
    (forms.ModelChoiceField, {"invalid_choice": NOT_OFFERED}),
    (
        forms.ModelMultipleChoiceField,
        {
            "invalid_choice": NOT_OFFERED,
            "invalid_list": NOT_OFFERED,
            "invalid_pk_value": NOT_OFFERED,
        },
    ),
    (
        forms.FileField,
        {
            "invalid": NO_FILE,
            "missing": NO_FILE,
            "empty": _("The file is empty. Choose the one that has the content."),
        },
    ),
)
"""Of forms: what is said by kind of field and of what is wrong with it."""

BODIES: tuple[tuple[type[serializers.Field], Words], ...] = (
    (
        serializers.Field,
        {
            "required": _("It is needed and is not there. Add it."),
            "null": _("It is null, and a value is needed. Give one."),
        },
    ),
    (
        serializers.CharField,
        {
            "invalid": _("It is no text. Send a string."),
            "blank": _("It is empty, and something is to be said. Fill it in."),
            "max_length": _("It has more than {max_length} characters. Shorten it."),
        },
    ),
    (
        serializers.IntegerField,
        {
            "invalid": NO_WHOLE_NUMBER,
            "max_value": _("It is more than {max_value}. Send that or less."),
            "min_value": _("It is less than {min_value}. Send that or more."),
        },
    ),
    (serializers.BooleanField, {"invalid": _("It is neither true nor false. Send one of them.")}),
    (serializers.DateField, {"invalid": NO_DAY, "datetime": NO_DAY}),
    (serializers.DateTimeField, {"invalid": NO_MOMENT, "date": NO_MOMENT}),
    (serializers.ChoiceField, {"invalid_choice": NOT_OFFERED}),
    (
        serializers.ListField,
        NO_LIST,
    ),
    (
        serializers.ListSerializer,
        NO_LIST,
    ),
    (serializers.DictField, {"not_a_dict": NO_OBJECT}),
    (serializers.Serializer, {"invalid": NO_OBJECT}),
)
"""Of bodies of the API, alike; {names} are filled in by the framework."""

NO_MAIL = _("This is no e-mail address. It has a name, @ and a place, as name@example.org has.")


def say() -> None:
    """Have forms and bodies say these sentences, whichever room declares them."""
    kinds: Sequence[tuple[type[forms.Field | serializers.Field], Words]] = (*FORMS, *BODIES)
    for kind, words in kinds:
        own = kind.__dict__.get("default_error_messages", {})
        kind.default_error_messages = {**own, **words}
    EmailValidator.message = NO_MAIL
