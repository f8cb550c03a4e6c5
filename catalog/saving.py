"""Writing many rows of one model by few statements, as strictly as one after the other.

What a column holds is checked without a question. What only the database knows, that a name is
given once or that two columns agree, it says by refusing the statement; then the rows are asked
one by one, so that the refusal is the sentence a single row would have got.
"""

from collections.abc import Callable, Collection, Sequence

from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction

BATCH = 500

Writer = Callable[[Sequence[models.Model], Collection[str]], None]
"""Writes rows of one model: new ones without column names, else these columns of them."""


def check(row: models.Model) -> None:
    """Raise ValidationError where a value does not fit its column. No query for one that fits.

    Rows that it refers to are not looked for: the caller holds them, and the database makes sure.
    """
    related = {one.name for one in row._meta.concrete_fields if one.is_relation}  # noqa: SLF001
    try:
        row.clean_fields(exclude=related)
    except ValidationError:
        unwritten = {name for name in related if _is_unwritten(getattr(row, name))}
        row.full_clean(exclude=unwritten)  # says all that is wrong at once
        raise


def _is_unwritten(other: models.Model | None) -> bool:
    return other is not None and other.pk is None


def at_once(rows: Sequence[models.Model], columns: Collection[str] = ()) -> None:
    """Write checked rows by one statement for each BATCH.

    Raises IntegrityError, after which new rows are as if never written.
    """
    if not rows:
        return
    manager = type(rows[0])._default_manager  # noqa: SLF001 - Django's public-by-custom name
    try:
        with transaction.atomic():
            if columns:
                # the rows exist and are locked: this is one UPDATE without a CASE for each cell
                manager.bulk_create(
                    rows,
                    batch_size=BATCH,
                    update_conflicts=True,
                    unique_fields=["pk"],
                    update_fields=list(columns),
                )
            else:
                manager.bulk_create(rows, batch_size=BATCH)
    except IntegrityError:
        if not columns:
            anew(rows)
        raise


def anew(rows: Sequence[models.Model]) -> None:
    """Let rows whose writing was undone be new once more."""
    for row in rows:
        row.pk, row._state.adding = None, True  # noqa: SLF001 - Django's public-by-custom name


def strictly(rows: Sequence[models.Model], columns: Collection[str] = ()) -> None:
    """Write checked rows at once; where the database refuses, say why as `full_clean` does.

    Raises ValidationError.
    """
    try:
        at_once(rows, columns)
    except IntegrityError:
        for row in rows:
            row.full_clean()
            row.save(update_fields=list(columns) or None)
