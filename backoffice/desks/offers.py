"""Files, interfaces and links of entries: the buttons at an entry, and the desks of their rows."""

from django.contrib import admin
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.enums import ActionVariant

from backoffice import handed_in
from backoffice.buttons import Button, Press
from backoffice.desk import Desk
from backoffice.forms import offers as forms
from backoffice.forms.amendments import CloseFileForm, OpenFileForm
from catalog import relations, resources, versions
from catalog.models import ApiDescription, Dataset, FileVersion, Resource
from catalog.terms import ResourceKind, State
from exchange import file_verbs


def _add_file(press: Press) -> None:
    told = press.told
    file = told.pop("file")
    resources.add_file(
        press.target.pk, name=file.name, stream=file, **told, by=press.by, at=press.at
    )


def _add_version(press: Press) -> str | None:
    file = press.told["file"]
    version = resources.add_file_version(
        press.target.pk,
        name=file.name,
        stream=file,
        note=press.told["note"],
        by=press.by,
        at=press.at,
    )
    waits = versions.waiting().filter(pk=version.pk).exists()
    if not waits or not versions.given_before(version.resource):
        return None
    return gettext(
        "The version is kept, and the head of the department is told: everybody is given the one"
        " before it until the head has released this one."
    )


def _release(press: Press) -> None:
    file_verbs.release_version(press.target.pk, by=press.by, at=press.at)


def _open(press: Press) -> str:
    reason = press.told.get("reason", "")
    made = file_verbs.open_file(press.target.pk, reason=reason, by=press.by, at=press.at)
    if made.opening_proposed_by_id is None:
        return gettext("The file is open to everyone once the entry is published.")
    return gettext(
        "The head of the department is told: everybody is given the file once the head has"
        " released it."
    )


def _close(press: Press) -> None:
    reason = press.told.get("reason", "")
    file_verbs.close_file(press.target.pk, reason=reason, by=press.by, at=press.at)


def _is_draft(dataset: Dataset) -> bool:
    return dataset.state == State.DRAFT


def _takes_versions(resource: Resource) -> bool:
    return (
        resource.kind == ResourceKind.FILE
        and resource.ended_at is None
        and resource.dataset.state in {State.DRAFT, State.PUBLISHED}
    )


def _can_open(resource: Resource) -> bool:
    return _takes_versions(resource) and not resource.is_public


def _can_close(resource: Resource) -> bool:
    return _takes_versions(resource) and resource.is_public


AT_DATASET = (
    Button(
        name="file",
        label=_("Add a file"),
        permission="catalog.update_dataset",
        press=_add_file,
        done=_("The file is kept as version 1."),
        form=forms.NewFileForm,
        offered=_is_draft,
    ),
    Button(
        name="api",
        label=_("Add an interface"),
        permission="catalog.update_dataset",
        press=lambda press: resources.add_api(
            press.target.pk, **press.told, by=press.by, at=press.at
        ),
        done=_("The interface is registered."),
        form=forms.ApiForm,
        offered=_is_draft,
    ),
    Button(
        name="link",
        label=_("Add a link"),
        permission="catalog.update_dataset",
        press=lambda press: resources.add_link(
            press.target.pk, **press.told, by=press.by, at=press.at
        ),
        done=_("The link is added."),
        form=forms.LinkForm,
        offered=_is_draft,
    ),
    Button(
        name="relate",
        label=_("Related datasets"),
        permission="catalog.update_dataset",
        press=lambda press: relations.relate(
            press.target.pk, related=press.told["related"], by=press.by, at=press.at
        ),
        done=_("The related datasets are as you chose."),
        form=forms.RelateForm,
        offered=_is_draft,
    ),
)

AT_RESOURCE = (
    Button(
        name="version",
        label=_("Add a version"),
        permission="catalog.update_dataset",
        press=_add_version,
        done=_("The version is kept; older ones stay."),
        note=_(
            "Of a file that is open to everyone, the head of the department releases a newer"
            " version first. Where the one before it must not be given any longer, close the file:"
            " nobody is given it from then on."
        ),
        form=forms.VersionForm,
        offered=_takes_versions,
    ),
    Button(
        name="open",
        label=_("Open to everyone"),
        permission="catalog.update_dataset",
        press=_open,
        done="",
        note=_(
            "Nobody grades what is inside of a file: look through it for personal data and"
            " secrets first. Of a published entry the head of the department releases it; you"
            " do not."
        ),
        form=OpenFileForm,
        offered=_can_open,
    ),
    Button(
        name="close",
        label=_("Close to everyone"),
        permission="catalog.close_file",
        press=_close,
        done=_("Nobody is given the file any longer. It stays with the entry, closed."),
        note=_("It holds at once. To open the file again takes the head again."),
        form=CloseFileForm,
        offered=_can_close,
        variant=ActionVariant.DANGER,
    ),
)


@admin.register(FileVersion)
class FileVersionDesk(Desk):
    """Files as they were handed in, version by version."""

    owner_path = "resource__dataset__owner"
    list_display = [
        "original_name",
        "number",
        "resource",
        "size",
        "added_at",
        "added_by",
        "released_at",
    ]
    list_select_related = ["resource__dataset__owner", "added_by"]
    search_fields = ["original_name", "sha256"]
    ordering = ["-id"]
    readonly_fields = ["download"]
    buttons = (
        Button(
            name="release",
            label=_("Release to everyone"),
            permission="catalog.release_version",
            press=_release,
            done=_("Everybody is given this version from now on."),
            note=_(
                "Nobody grades what is inside of a file: look through it for personal data and"
                " secrets first. You vouch for it."
            ),
            form=forms.ReleaseForm,
            offered=lambda version: versions.waiting().filter(pk=version.pk).exists(),
            variant=ActionVariant.PRIMARY,
        ),
    )

    @admin.display(description=_("Download"))
    def download(self, version: FileVersion) -> str:
        """Lead to the bytes, with their digest."""
        return handed_in.in_one_line(version)


@admin.register(ApiDescription)
class ApiDescriptionDesk(Desk):
    """How interfaces are called."""

    owner_path = "resource__dataset__owner"
    list_display = ["resource", "method", "auth", "document_url"]
    list_select_related = ["resource__dataset__owner"]
    search_fields = ["resource__title_zh", "resource__title_en", "resource__url"]
    ordering = ["-id"]
