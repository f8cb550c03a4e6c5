"""Beginning an entry from a similar one, so that nobody describes the same table twice."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Organization, User
from audit import chain
from catalog import drafting, field_sets, indexing, saving
from catalog.drafting import DESCRIBED, METADATA, NewField
from catalog.models import Dataset, Field
from catalog.terms import ResourceKind
from policy.terms import Grade, Secrecy

TYPES = ("share_type", "open_type", "mask_kind", "mask_params")
OF_THE_OWNER = frozenset({"contact", "source_authority", "region", "extensions"})
"""What another department's entry says of that department, which is not copied to a third."""


@transaction.atomic
def copy(
    dataset_id: int,
    slug: str,
    *,
    owner: Organization,
    title_zh: str,
    by: User,
    at: datetime,
    title_en: str = "",
) -> Dataset:
    """Draft an entry of `owner` after one that it may see: metadata and fields, no decision.

    A grade becomes a suggestion, which a person decides anew. Of another department's entry what
    speaks of that department stays behind, and so do fields whose existence is concealed. Raises
    Dataset.DoesNotExist for what `owner` may not see, NotAllowed, ValidationError.
    """
    model = Dataset.objects.visible_to([owner.pk]).get(pk=dataset_id)
    left = frozenset() if model.owner_id == owner.pk else OF_THE_OWNER
    metadata: dict[str, Any] = {
        name: getattr(model, name) for name in METADATA - left - {"title_zh", "title_en"}
    }
    made = drafting.create_dataset(
        slug, owner=owner, title_zh=title_zh, title_en=title_en, by=by, at=at, **metadata
    )
    listed = Field.objects.filter(resource__dataset=model, secrecy=Secrecy.NONE).live()
    listed = listed.select_related("resource__dataset", "code_list")
    if left:
        listed = listed.filter(concealed=False)
    fields = list(listed)
    if fields:
        described = [_described(field) for field in fields]
        name = model.resources.get(kind=ResourceKind.TABLE).name
        table = drafting.add_table(made.pk, fields=described, name=name, by=by, at=at)
        made_fields = list(table.fields.live())
        pairs = list(zip(made_fields, fields, strict=True))
        _copy_types(pairs)
        found = {new.pk: told for new, field in pairs if (told := _suggested(field))}
        field_sets.suggest_grades(made.pk, found, by=by, at=at)
        indexing.index(made.pk, at=at)
    chain.record("dataset.copy", made.address, by=by, at=at, of=model.address)
    return made


def _described(field: Field) -> NewField:
    return NewField(**{name: getattr(field, name) for name in DESCRIBED})


def _copy_types(pairs: Sequence[tuple[Field, Field]]) -> None:
    """Let new fields begin with the types and masks of those they are copied from."""
    for new, field in pairs:
        for name in TYPES:
            setattr(new, name, getattr(field, name))
    saving.at_once([new for new, _field in pairs], TYPES)


def _suggested(field: Field) -> tuple[Grade, dict[str, Any]] | None:
    """Let the grade of a field, or what was found of it, be the suggestion for its copy."""
    known = [grade for grade in (field.grade, field.suggested_grade) if grade is not None]
    if not known:
        return None
    words = {"grade": Grade(max(known)).name, "entry": field.resource.dataset}
    said = _("It was %(grade)s in “%(entry)s”, after which this entry is drafted.") % words
    return Grade(max(known)), {"copied_from": f"field:{field.pk}", "evidence": [said]}
