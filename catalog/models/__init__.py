"""The catalogue's tables. Import models from here."""

from catalog.models.classification import Code, CodeList, Subject
from catalog.models.clocks import Clock, WorkingDay
from catalog.models.counters import Counter
from catalog.models.dataset import Dataset, Field, Resource
from catalog.models.demands import Demand
from catalog.models.duties import Duty
from catalog.models.grading_table import GradingTable
from catalog.models.lexicon import SearchWord, WordGroup
from catalog.models.negative_list import LegalBasis, NegativeLine, NegativeLineField
from catalog.models.offers import ApiDescription, FileVersion
from catalog.models.revision import Revision
from catalog.models.search_entry import SearchEntry
from catalog.models.sheets import SheetImport, SheetMapping
from catalog.models.sketches import FieldSketch
from catalog.models.terms_kept import FieldTerms

__all__ = [
    "ApiDescription",
    "Clock",
    "Code",
    "CodeList",
    "Counter",
    "Dataset",
    "Demand",
    "Duty",
    "Field",
    "FieldSketch",
    "FieldTerms",
    "FileVersion",
    "GradingTable",
    "LegalBasis",
    "NegativeLine",
    "NegativeLineField",
    "Resource",
    "Revision",
    "SearchEntry",
    "SearchWord",
    "SheetImport",
    "SheetMapping",
    "Subject",
    "WordGroup",
    "WorkingDay",
]
