"""The key by which a verification finds its subject: whether it is there, named and seen."""

from collections.abc import Collection, Iterable

from django.utils.translation import gettext as _

from catalog.models import Dataset, Field
from exchange.sharing.matrix import Line
from policy.terms import Grade, Mode, Treatment


def subject_key(dataset: Dataset) -> list[Field]:
    """Return the fields by which a verification finds its subject: the whole declared key."""
    return list(Field.objects.filter(resource__dataset=dataset, is_key=True).live())


def keyless(dataset: Dataset, *, mode: str, fields: Collection[int]) -> list[str]:
    """Return what a verification of these fields lacks to find its subjects, as sentences."""
    if mode != Mode.VERIFY:
        return []
    key = subject_key(dataset)
    if not key:
        return [
            _(
                "“%(dataset)s” declares no key, so nobody can be found in it for a yes or no."
                " Choose another way of use, or have its provider declare a key."
            )
            % {"dataset": dataset}
        ]
    if {field.pk for field in key} <= set(fields):
        return []
    return [_("A yes or no is about somebody, found by: %(key)s. Name that too.") % _named(key)]


def not_asked_for(
    dataset: Dataset, *, fields: Collection[int], wanted: Collection[int]
) -> list[str]:
    """Return why `fields` can not be offered for a yes or no where `wanted` was asked for.

    A grant holds no more than was asked for, so a key that was not is not added to it: only the
    department that asks can name it.
    """
    lacking = keyless(dataset, mode=Mode.VERIFY, fields=fields)
    key = subject_key(dataset)
    if not lacking or {field.pk for field in key} <= set(wanted):
        return lacking
    return [
        _(
            "A yes or no is about somebody, found by: %(key)s, and the department did not ask for"
            " that. Send the request back to be completed with it, or offer what was asked for."
        )
        % _named(key)
    ]


def unclaimable(lines: Iterable[Line], *, mode: str, clear_up_to: int) -> list[str]:
    """Return why nobody could be found by the key as it is asked for, as sentences.

    `lines` are the matrix under what is asked for. What is masked or withheld cannot be claimed.
    """
    hidden = _hidden(lines, mode)
    if not hidden:
        return []
    highest = Grade(max(field.grade or Grade.L1 for field in hidden))
    if clear_up_to < highest <= Grade.L4:
        text = _(
            "A yes or no is found by: %(key)s, which would be masked or withheld as you ask for"
            " it, so nothing could be claimed. Ask for it in clear up to %(grade)s, or for another"
            " way of use."
        )
    else:
        text = _(
            "A yes or no is found by: %(key)s, which would be masked or withheld, so nothing could"
            " be claimed. Ask for another way of use."
        )
    return [text % {**_named(hidden), "grade": highest.name}]


def unclaimable_offer(lines: Iterable[Line], *, mode: str) -> list[str]:
    """Return why nobody could be found by the key under what is offered, as sentences."""
    hidden = _hidden(lines, mode)
    if not hidden:
        return []
    return [
        _(
            "A yes or no is found by: %(key)s, which would be masked or withheld under this offer,"
            " so nothing could be claimed. Offer it in clear as far as that was asked for, or what"
            " was asked for in place of a yes or no."
        )
        % _named(hidden)
    ]


def _hidden(lines: Iterable[Line], mode: str) -> list[Field]:
    if mode != Mode.VERIFY:
        return []
    return [
        line.field
        for line in lines
        if line.asked and line.field.is_key and line.proposed.treatment != Treatment.CLEAR
    ]


def _named(fields: Iterable[Field]) -> dict[str, str]:
    return {"key": ", ".join(field.label for field in fields)}
