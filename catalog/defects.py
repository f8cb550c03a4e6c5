"""What an entry still lacks before it can be published; everything is told at once."""

from collections.abc import Iterable, Iterator
from enum import StrEnum

from django.utils import timezone
from django.utils.translation import gettext as _

from catalog import facts
from catalog.models import Dataset, Field
from catalog.refusals import Defect
from policy import places
from policy.decision import decide, open_zone_case
from policy.terms import Secrecy, ShareType, Treatment


class DefectCode(StrEnum):
    """What can be missing."""

    ABSTRACT = "abstract-missing"
    CONTACT = "contact-missing"
    UPDATE_CYCLE = "update-cycle-missing"
    LICENSE = "licence-missing"
    NO_RESOURCE = "no-resource"
    NO_FIELD = "no-field"
    UNGRADED = "ungraded"
    DETECTED = "detected-ungraded"
    CONDITION = "share-condition-missing"
    SECRECY = "secret-field"
    NO_KEY = "key-missing"
    HALF_PLACE = "place-incomplete"


def publication_defects(dataset: Dataset) -> list[Defect]:
    """Return everything that keeps the entry from publication, by metadata and by field.

    Whether a source is bound is the exchange's question, not the catalogue's. A table without a
    key is in order where all of it is open in clear, or none: its rows are told apart by their
    content, and a change of a hidden cell would show as another row.
    """
    return [*_of_metadata(dataset), *_of_resources(dataset)]


def _of_metadata(dataset: Dataset) -> Iterator[Defect]:
    """Order 809 art 13 and the core metadata of the compiling guide (domain.md §2.2)."""
    if not dataset.abstract_zh.strip():
        yield Defect(DefectCode.ABSTRACT, _("The Chinese abstract is missing. Write it."))
    if not dataset.contact.strip():
        yield Defect(
            DefectCode.CONTACT,
            _("The contact is missing. Give the telephone or mail of the office in charge."),
        )
    if not dataset.update_cycle:
        yield Defect(
            DefectCode.UPDATE_CYCLE,
            _("The update cycle is missing. Say how often the data is refreshed."),
        )
    if not dataset.license.strip():
        yield Defect(
            DefectCode.LICENSE,
            _("The licence is missing. Say on what terms the data may be used."),
        )


def _of_resources(dataset: Dataset) -> Iterator[Defect]:
    resources = list(dataset.resources.live())
    if not resources:
        yield Defect(
            DefectCode.NO_RESOURCE,
            _(
                "There is nothing to offer yet. Add the table of the data, a file, an interface or"
                " a link."
            ),
        )
    fields = Field.objects.filter(resource__dataset=dataset).live()
    for resource in resources:
        if resource.kind == resource.Kind.TABLE and not any(
            field.resource_id == resource.pk for field in fields
        ):
            yield Defect(
                DefectCode.NO_FIELD,
                _("The table “%(table)s” has no field. List its fields.") % {"table": resource},
            )
        own = [field for field in fields if field.resource_id == resource.pk]
        if own and not any(field.is_key for field in own) and _partly_open(dataset, own):
            yield Defect(
                DefectCode.NO_KEY,
                _(
                    "The table “%(table)s” has no key, and only some of its fields are open in"
                    " clear. Mark the fields that name a row as its key, or make all of them open"
                    " or none."
                )
                % {"table": resource},
            )
    yield from _of_fields(dataset, fields)
    yield from _of_places(fields)


def _partly_open(dataset: Dataset, fields: list[Field]) -> bool:
    """Whether the public would see some cells of a row and not all of them."""
    if any(field.grade is None for field in fields):
        return False  # told of as such
    today = timezone.localdate()
    case = open_zone_case(today, facts.prohibitions(dataset))
    decided = decide(case, [facts.field_facts(field) for field in fields]).fields.values()
    treatments = {one.treatment for one in decided}
    return len(treatments) > 1 or treatments == {Treatment.MASKED}


def _of_places(fields: Iterable[Field]) -> Iterator[Defect]:
    """Tell where fields do not make one place: an x and a y of a system, or one geometry."""
    held = [places.axis(field.coordinate) for field in fields if field.coordinate]
    if held and not places.is_place(held):
        yield Defect(
            DefectCode.HALF_PLACE,
            _(
                "The fields declare these coordinates: %(given)s. A place is one x and one y of"
                " the same reference system, or one geometry. Declare one place, or none."
            )
            % {"given": ", ".join(sorted(one.code for one in held))},
        )


def _of_fields(dataset: Dataset, fields: Iterable[Field]) -> Iterator[Defect]:
    for field in fields:
        name = {"field": field.name}
        if field.secrecy != Secrecy.NONE:
            text = _("“%(field)s” is secret and cannot be published here. End the field.")
            yield Defect(DefectCode.SECRECY, text % name, field.name)
        if field.grade is None:
            text = _("“%(field)s” has no grade. A person has to grade it.")
            yield Defect(DefectCode.UNGRADED, text % name, field.name)
        elif field.detected is not None and field.awaits_person:
            text = _(
                "“%(field)s” looks sensitive (%(grade)s was suggested). A person has to look at"
                " what was found and grade it with a reason."
            )
            words = {**name, "grade": field.detected.name}
            yield Defect(DefectCode.DETECTED, text % words, field.name)
        if field.share_type == ShareType.CONDITIONAL and not (
            field.share_condition_zh.strip() or dataset.share_condition_zh.strip()
        ):
            text = _(
                "“%(field)s” is shared conditionally, but no condition is stated. Write the range"
                " and the uses it may be shared for."
            )
            yield Defect(DefectCode.CONDITION, text % name, field.name)
