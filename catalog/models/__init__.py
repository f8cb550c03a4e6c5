"""The catalogue's tables. Import models from here."""

from catalog.models.classification import Code, CodeList, Subject
from catalog.models.clocks import Clock, WorkingDay
from catalog.models.counters import Counter
from catalog.models.dataset import Dataset, Field, Resource
from catalog.models.negative_list import LegalBasis, NegativeLine, NegativeLineField
from catalog.models.revision import Revision
from catalog.models.terms_kept import FieldTerms

__all__ = [
    "Clock",
    "Code",
    "CodeList",
    "Counter",
    "Dataset",
    "Field",
    "FieldTerms",
    "LegalBasis",
    "NegativeLine",
    "NegativeLineField",
    "Resource",
    "Revision",
    "Subject",
    "WorkingDay",
]
