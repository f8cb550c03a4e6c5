"""Files of a request: taken by their bytes, sealed, opened by the two departments alone."""

import zipfile
from io import BytesIO

import pytest

from accounts.roles import NotAllowed, Role
from audit.models import Entry
from catalog.refusals import FileRefused
from exchange.models import RequestAttachment
from exchange.sharing import asking, attachments
from exchange.workflow import StepRefused
from tests.factories import accounts
from tests.factories.sharing import NOW

pytestmark = pytest.mark.django_db

PDF = b"%PDF-1.7 the law says so"


@pytest.fixture(name="asked")
def _asked(two):
    return two.draft("phone")


def attach(two, asked, data=PDF, name="basis.pdf"):
    return attachments.attach(asked.pk, BytesIO(data), name, by=two.clerk, at=NOW)


def archive(*names):
    whole = BytesIO()
    with zipfile.ZipFile(whole, "w") as made:
        for name in names:
            made.writestr(name, "x")
    return whole.getvalue()


def test_a_file_is_sealed_at_rest_and_comes_out_as_it_was(two, asked):
    made = attach(two, asked)

    kept = bytes(RequestAttachment.objects.get().content)
    opened = attachments.look(made.pk, by=two.clerk, at=NOW)

    assert PDF not in kept
    assert (opened.data, opened.media_type) == (PDF, "application/pdf")


@pytest.mark.parametrize(
    ("data", "name", "said"),
    [
        (b"%PDF-" + b"0" * 50_000_000, "big.pdf", "more than 10 MB"),
        (b"MZ not a pdf", "basis.pdf", "not what its name says"),
        (archive("evil.html"), "basis.docx", "not what its name says"),
        (archive("word/document.xml"), "basis.ofd", "not what its name says"),
        (b"x,y\n1,2\n", "rows.csv", "not offered here"),
        (b"", "basis.pdf", "is empty"),
    ],
    ids=["50 MB", "lying", "no document", "no OFD", "kind", "empty"],
)
def test_what_is_not_taken_is_told_and_leaves_nothing(two, asked, data, name, said):
    with pytest.raises(FileRefused, match=said):
        attach(two, asked, data, name)

    assert not RequestAttachment.objects.exists()
    assert not Entry.objects.filter(verb="request.attach").exists()


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (archive("word/document.xml"), "letter.docx"),
        (archive("OFD.xml"), "red head.ofd"),
        (b"\x89PNG\r\n\x1a\n...", "scan.png"),
    ],
)
def test_documents_and_scans_are_taken(two, asked, data, name):
    assert attach(two, asked, data, name).name == name


def test_the_same_file_is_taken_once(two, asked):
    attach(two, asked)

    with pytest.raises(StepRefused, match="already"):
        attach(two, asked, name="again.pdf")


def test_a_signed_request_takes_no_file_and_gives_none_up(two):
    asked = two.draft("phone")
    made = attach(two, asked)
    asking.submit(asked.pk, by=two.clerk, at=NOW)
    asking.sign(asked.pk, vouched=True, by=two.asking_head, at=NOW)

    with pytest.raises(StepRefused):
        attach(two, asked, PDF + b"2")
    with pytest.raises(StepRefused):
        attachments.detach(made.pk, by=two.clerk, at=NOW)


def test_the_provider_opens_a_file_once_the_request_is_received(two, asked):
    made = attach(two, asked)

    with pytest.raises(RequestAttachment.DoesNotExist):
        attachments.look(made.pk, by=two.reviewer, at=NOW)
    asking.submit(asked.pk, by=two.clerk, at=NOW)
    asking.sign(asked.pk, vouched=True, by=two.asking_head, at=NOW)

    assert attachments.look(made.pk, by=two.reviewer, at=NOW).data == PDF
    assert Entry.objects.filter(verb="request.read_file").exists()


def test_nobody_beside_the_two_departments_opens_a_file(two):
    asked = two.draft("phone")
    made = attach(two, asked)
    asking.submit(asked.pk, by=two.clerk, at=NOW)
    asking.sign(asked.pk, vouched=True, by=two.asking_head, at=NOW)

    for stranger in (accounts.user(Role.REVIEWER), two.where.operator):
        with pytest.raises(NotAllowed, match="two departments alone"):
            attachments.look(made.pk, by=stranger, at=NOW)


def test_what_the_head_signs_covers_the_files(two, asked):
    shown = asking.contents.digest(asked)
    attach(two, asked)
    asking.submit(asked.pk, by=two.clerk, at=NOW)

    with pytest.raises(StepRefused, match="changed after you opened it"):
        asking.sign(asked.pk, vouched=True, seen=shown, by=two.asking_head, at=NOW)
