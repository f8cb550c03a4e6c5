"""Workbooks (XLSX, XLS) and CSV files from outside, guarded and read as grids of cells.

`open_workbook` looks before it reads: what a file is by its bytes and not by its name, how large
it is unpacked, whether it carries macros. A grid has its merged cells filled; formulas give the
value that was stored with them. `find_header` finds the one or two header rows below titles.
"""

from catalog.workbooks.cells import Cell, Grid, as_day, as_text
from catalog.workbooks.guard import LIMITS, Limits
from catalog.workbooks.headers import Header, find_header
from catalog.workbooks.reading import Sheet, Workbook, open_workbook

__all__ = [
    "LIMITS",
    "Cell",
    "Grid",
    "Header",
    "Limits",
    "Sheet",
    "Workbook",
    "as_day",
    "as_text",
    "find_header",
    "open_workbook",
]
