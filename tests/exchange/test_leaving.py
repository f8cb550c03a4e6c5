"""A person leaves and nothing is orphaned: every open step has somebody, or the verb refuses."""

from collections import Counter

import pytest
from django.utils.translation import override

from accounts import keys, people
from accounts.models import Membership, Notice
from accounts.refusals import StepRefused
from accounts.roles import NotAllowed, OrganizationKind, Role
from audit.models import Entry
from catalog.models import Dataset, NegativeLine, Revision, SheetImport
from catalog.terms import LineState, State
from exchange import leaving
from exchange.models import ShareRequest
from exchange.sharing import deciding
from tests.factories import accounts as make
from tests.factories import catalog, sharing

pytestmark = pytest.mark.django_db
NOW = make.NOW


def revision(dataset, by):
    return Revision.objects.create(
        dataset=dataset, changes={}, loosens=True, reason="测试", proposed_by=by, proposed_at=NOW
    )


def full_house():
    """Make a department where each kind of step waits, begun by its one publisher."""
    place = make.organization()
    publisher = make.user(Role.PUBLISHER, place)
    for state in (State.DRAFT, State.SIGNED, State.IN_REVIEW):
        catalog.dataset(state, owner=place)
    published = catalog.dataset(owner=place)
    revision(published, publisher)
    for state in (LineState.PROPOSED, LineState.AUTHORITY_REVIEW):
        catalog.negative_line(published, state=state)
    Membership.objects.filter(organization=place).exclude(user=publisher).delete()
    make.user(Role.HEAD, place)
    make.user(Role.REVIEWER, place)
    return place, publisher


def test_a_person_leaves_and_everything_that_waits_can_still_be_done():
    place, publisher = full_house()
    before = set(leaving.open_steps())
    heir = make.user(Role.PUBLISHER)

    leaving.leave(publisher.pk, hand_over_to=heir, by=make.user(Role.SECURITY_ADMIN), at=NOW)

    assert leaving.stuck() == set()
    assert set(leaving.open_steps()) == before
    assert len({step.what for step in before}) == 7
    assert (Role.PUBLISHER, place.pk) in heir.live_roles()


def test_the_last_holder_of_a_role_is_not_let_go_without_an_heir():
    _place, publisher = full_house()

    with pytest.raises(StepRefused) as refused:
        leaving.leave(publisher.pk, by=None, at=NOW)

    publisher.refresh_from_db()
    assert refused.value.code == "roles-without-holder"
    assert publisher.is_active


def test_an_heir_who_may_not_decide_on_their_own_proposal_is_refused():
    place = make.organization(name_zh="公园局", name_en="Parks")
    head, legal = make.user(Role.HEAD, place), make.user(Role.REVIEWER, place)
    published = catalog.dataset(owner=place)
    Membership.objects.filter(organization=place).exclude(user__in=[head, legal]).delete()
    make.user(Role.OPERATOR)
    line = catalog.negative_line(published, state=LineState.PROPOSED)
    Membership.objects.filter(organization=place).exclude(user__in=[head, legal]).delete()
    NegativeLine.objects.filter(pk=line.pk).update(proposed_by=head)
    assert leaving.stuck() == set()

    with pytest.raises(StepRefused) as refused:
        leaving.leave(legal.pk, hand_over_to=head, by=None, at=NOW)

    legal.refresh_from_db()
    assert refused.value.code == "step-without-person"
    assert "公园局" in str(refused.value) or "Parks" in str(refused.value)
    assert legal.is_active
    assert legal.live_roles()


def test_what_was_stuck_before_does_not_keep_anybody():
    place = make.organization()
    catalog.dataset(State.IN_REVIEW, owner=place)
    Membership.objects.all().delete()
    newcomer = make.user(Role.DEVELOPER, make.organization(OrganizationKind.COMPANY))
    colleague = make.user(Role.DEVELOPER, newcomer.organizations()[0])
    assert leaving.stuck()

    leaving.leave(newcomer.pk, by=None, at=NOW)

    assert colleague.live_roles()


def test_a_step_that_four_eyes_bar_to_its_only_holder_is_stuck():
    entry = catalog.dataset(State.IN_REVIEW)
    Membership.objects.exclude(user=entry.submitted_by).delete()
    authority = make.organization(OrganizationKind.AUTHORITY)

    Membership.objects.create(user=entry.submitted_by, organization=authority, role=Role.OPERATOR)
    assert {step.permission for step in leaving.stuck()} == {"exchange.publish_dataset"}
    make.user(Role.OPERATOR, authority)

    assert leaving.stuck() == set()


def test_only_the_security_administrator_lets_a_person_go():
    _place, publisher = full_house()

    with pytest.raises(NotAllowed):
        leaving.leave(publisher.pk, by=make.user(Role.OPERATOR), at=NOW)


def test_what_waits_on_a_person_is_counted():
    key = make.api_key().key
    developer = key.app.created_by
    revision(catalog.dataset(), developer)
    make.app(key.app.organization, developer, closed_at=NOW)

    with override("en"):
        counted = leaving.waits_on(developer)

    assert counted == [
        ("revisions they proposed", 1),
        ("apps they registered", 1),
        ("keys of these apps, which stop at once", 1),
    ]
    assert leaving.waits_on(make.user(Role.PUBLISHER)) == []


def test_keys_of_apps_that_the_person_registered_stop_at_once():
    issued = make.api_key()
    developer = issued.key.app.created_by
    colleague = make.user(Role.DEVELOPER, issued.key.app.organization)
    other = make.api_key(make.app(issued.key.app.organization, colleague))

    leaving.leave(developer.pk, by=None, at=NOW)

    with pytest.raises(keys.KeyRefused) as refused:
        keys.check(issued.raw, at=NOW)
    assert refused.value.code == "key-revoked"
    assert keys.check(other.raw, at=NOW)
    entry = Entry.objects.get(verb="user.deactivate")
    assert entry.details["keys_revoked"] == [issued.key.prefix]


def test_the_department_is_told_who_takes_over():
    place = make.organization()
    head, heir = make.user(Role.HEAD, place), make.user(role=None)
    Membership.objects.create(user=head, organization=place, role=Role.REVIEWER)

    people.deactivate(head.pk, hand_over_to=heir, by=None, at=NOW)

    notice = Notice.objects.get(kind="role.handed_over")
    assert (notice.organization, notice.role) == (place, Role.HEAD)
    assert notice.words["person"] == head.name
    assert Counter(notice.words["roles"])["/"] == 2


@pytest.fixture
def assigned():
    """A request that is with the provider's one reviewer, and the two departments."""
    two = sharing.two(rows=False)
    request = two.signed("phone")
    deciding.assign(request.pk, to=two.reviewer, by=two.reviewer, at=NOW)
    return two, request


def test_a_request_that_was_with_the_leaver_is_with_the_heir(assigned):
    two, request = assigned
    heir, admin = make.user(role=None), make.user(Role.SECURITY_ADMIN)

    leaving.leave(two.reviewer.pk, hand_over_to=heir, by=admin, at=NOW)

    request.refresh_from_db()
    entry = Entry.objects.filter(verb="request.assign").latest("pk")
    assert request.assigned_to == heir
    assert (entry.actor, entry.details["to"]) == (
        f"{admin.name} ({admin.username})",
        heir.username,
    )
    assert entry.details["left"] == two.reviewer.username
    assert leaving.waits_on(two.reviewer) == []


def test_without_an_heir_a_request_is_with_nobody_in_particular(assigned):
    two, request = assigned
    make.user(Role.REVIEWER, two.where.department)

    leaving.leave(two.reviewer.pk, by=None, at=NOW)

    request.refresh_from_db()
    assert request.assigned_to is None
    assert request.events.latest("pk").what == "assign"
    assert leaving.stuck() == set()


def test_an_heir_who_asked_for_it_is_not_given_the_request(assigned):
    two, request = assigned
    make.user(Role.REVIEWER, two.where.department)
    Membership.objects.create(
        user=two.clerk, organization=two.where.department, role=Role.REVIEWER
    )

    leaving.leave(two.reviewer.pk, hand_over_to=two.clerk, by=None, at=NOW)

    request.refresh_from_db()
    assert request.assigned_to is None


def test_a_request_that_was_answered_keeps_the_name_of_who_had_it(assigned):
    two, request = assigned
    ShareRequest.objects.filter(pk=request.pk).update(state="granted")
    make.user(Role.REVIEWER, two.where.department)

    leaving.leave(two.reviewer.pk, by=None, at=NOW)

    request.refresh_from_db()
    assert request.assigned_to == two.reviewer


def test_the_only_head_of_a_department_leaves_once_somebody_takes_over():
    place = make.organization(name_zh="公园管理局", name_en="Parks Bureau")
    head, heir = make.user(Role.HEAD, place), make.user(role=None)
    catalog.dataset(State.DRAFT, owner=place)
    Membership.objects.filter(organization=place).exclude(user=head).delete()
    make.user(Role.PUBLISHER, place)

    with override("en"), pytest.raises(people.HeirNeeded) as refused:
        leaving.leave(head.pk, by=None, at=NOW)
    leaving.leave(head.pk, hand_over_to=heir, by=None, at=NOW)

    told = str(refused.value)
    assert "Parks Bureau" in told
    assert "head of department" in told
    assert "Name the person who takes over" in told
    assert {step.what for step in leaving.open_steps()} == {"finish drafts", "sign drafts"}
    assert leaving.stuck() == set()
    assert heir.live_roles() == [(Role.HEAD, place.pk)]


def test_a_request_that_is_drafted_needs_somebody_to_finish_it():
    two = sharing.two(rows=False)
    two.draft("phone")

    Membership.objects.filter(user=two.clerk).delete()

    assert "finish share requests" in {step.what for step in leaving.stuck()}


def test_workbooks_and_entries_that_name_the_leaver_are_counted():
    place = make.organization()
    leaver = make.user(Role.PUBLISHER, place, name="李航", email="li@parks.example")
    for contact in ("李航 0371-1", "LI@parks.example", "0371-2"):
        entry = catalog.dataset(owner=place)
        Dataset.objects.filter(pk=entry.pk).update(contact=contact)
    SheetImport.objects.create(
        owner=place, name="目录.xlsx", sha256="0", sent_at=NOW, sent_by=leaver
    )

    with override("en"):
        counted = dict(leaving.waits_on(leaver))

    assert counted["workbooks they sent that are not applied"] == 1
    assert counted["entries that name them as contact: change it there"] == 2
