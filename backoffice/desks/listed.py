"""Buttons that take code lists, subjects and regions from a file."""

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import CodeSystem
from accounts.regions import RegionRow, import_regions
from backoffice.buttons import Button, Press
from backoffice.forms import offers as forms
from catalog import code_lists
from catalog.workbooks import open_workbook

NOTHING_GOES = _("Codes are added and renamed. What the file does not list stays.")


def _listed(press: Press) -> tuple[code_lists.Listed, ...]:
    file = press.told.pop("file")
    return code_lists.read_codes(open_workbook(file.read(), file.name))


def _outcome(added: int, changed: int) -> str:
    text = gettext("%(added)s added, %(changed)s changed; all others are as before.")
    return text % {"added": added, "changed": changed}


def _subjects(press: Press) -> str:
    done = code_lists.import_subjects(listed=_listed(press), by=press.by, at=press.at)
    return _outcome(done.added, done.changed)


def _code_list(press: Press) -> str:
    listed, told = _listed(press), press.told
    done = code_lists.import_code_list(
        told.pop("name"), told.pop("version"), listed=listed, **told, by=press.by, at=press.at
    )
    return _outcome(done.added, done.changed)


def _regions(press: Press) -> str:
    listed = _listed(press)
    added, renamed = import_regions(
        [RegionRow(one.code, one.label_zh, one.label_en, one.above) for one in listed],
        code_system=CodeSystem(press.told["code_system"]),
        by=press.by,
        at=press.at,
    )
    return _outcome(added, renamed)


SUBJECTS = Button(
    name="import",
    label=_("Import from file"),
    permission="catalog.import_codes",
    press=_subjects,
    done="",
    form=forms.CodesFileForm,
    note=NOTHING_GOES,
)
CODE_LIST = Button(
    name="import",
    label=_("Import from file"),
    permission="catalog.import_codes",
    press=_code_list,
    done="",
    form=forms.CodeListFileForm,
    note=NOTHING_GOES,
)
REGIONS = Button(
    name="import",
    label=_("Import from file"),
    permission="accounts.import_regions",
    press=_regions,
    done="",
    form=forms.RegionsFileForm,
    note=_("National codes say what holds them; local ones say it in a column “parent”."),
)
