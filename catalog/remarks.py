"""What a reviewer may find wanting in an entry that is complete: said, but it bars nothing."""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from catalog.models import Dataset, Field

SHORT = 20
"""Characters below which a Chinese abstract hardly says what the data is."""


def remarks(dataset: Dataset, fields: list[Field]) -> list[str]:
    """Return sentences a reviewer can pick from when sending an entry back. No query."""
    return [*_of_metadata(dataset), *_of_fields(fields)]


def _of_metadata(dataset: Dataset) -> Iterator[str]:
    if len(dataset.abstract_zh.strip()) < SHORT:
        yield _("The Chinese abstract says hardly anything. Say what one row is, and of when.")
    if not dataset.title_en.strip():
        yield _("The English title is missing.")
    if not dataset.keywords_zh:
        yield _("Keywords are missing. Give the words by which people search.")
    if dataset.subject_id is None:
        yield _("The subject is missing. Say under which theme people find this.")


def _of_fields(fields: list[Field]) -> Iterator[str]:
    unlabelled = [field.name for field in fields if field.label_zh.strip() in ("", field.name)]
    if unlabelled:
        yield _("These fields have no label but their name: %(fields)s.") % {
            "fields": ", ".join(unlabelled)
        }
    if fields and not any(field.is_key for field in fields):
        yield _("No field is marked as the key, so changed rows show as new ones.")
    below = [field.name for field in fields if _graded_below(field)]
    if below:
        yield _("These fields are graded below what was found in them: %(fields)s.") % {
            "fields": ", ".join(below)
        }


def _graded_below(field: Field) -> bool:
    return (
        field.grade is not None
        and field.suggested_grade is not None
        and field.grade < field.suggested_grade
    )
