"""Pages of the back office beside the models' desks; each module brings its addresses."""

from backoffice.pages import (
    catalogue_import,
    duties,
    field_sheets,
    files,
    grade,
    grading,
    inbox,
    lines,
    me,
    regrading,
    rejected,
    review,
    runs,
    search,
    sitting,
    sitting_draft,
)

ADDRESSES = [
    *catalogue_import.ADDRESSES,
    *grade.ADDRESSES,
    *grading.ADDRESSES,
    *regrading.ADDRESSES,
    *lines.ADDRESSES,
    *duties.ADDRESSES,
    *field_sheets.ADDRESSES,
    *files.ADDRESSES,
    *inbox.ADDRESSES,
    *me.ADDRESSES,
    *rejected.ADDRESSES,
    *review.ADDRESSES,
    *runs.ADDRESSES,
    *search.ADDRESSES,
    *sitting.ADDRESSES,
    *sitting_draft.ADDRESSES,
]
