"""What holds on every path through the verbs, whoever takes which step and in whichever order.

People of three departments and the data authority try everything, fields are regraded, lines of
the negative list come and go, days pass. After every step: no grant without both signatures (or
given to all), nobody decided on their own, each state follows from the audit trail, each due day
can be counted by hand, and nothing is served beyond what was asked, approved, and lawful.
"""

import json
import random
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import cycle
from typing import Any

import pytest
from django.db import transaction
from django.test import override_settings
from django.utils import timezone
from psycopg import sql

from accounts.models import Organization, User
from accounts.roles import Role
from audit.models import Entry
from catalog import facts
from catalog.models import Field, NegativeLine, Revision, WorkingDay
from catalog.terms import LineState, RevisionState
from exchange import opening
from exchange.access import Caller
from exchange.models import About, Dispute, Ending, Grant, ShareRequest, Stop
from exchange.models import Ground as Refused
from exchange.records import reading, store
from exchange.records.query import RecordQuery
from exchange.records.statements import rows as read_rows
from exchange.sharing import (
    asking,
    clocks,
    contents,
    deciding,
    disputes,
    lifecycle,
    matrix,
    serving,
    stopping,
    verification,
)
from exchange.sharing.requests import as_json, asked, offered
from exchange.sharing.verification import Result
from exchange.stop_flow import StopState
from exchange.workflow import OPEN_STATES, GrantState, State
from policy.terms import Channel, Grade, Mode, ReaderKind, ShareType, Treatment
from tests.exchange.sharing import town
from tests.factories import catalog, sharing
from tests.factories.sharing import NOW

pytestmark = pytest.mark.django_db
Truth = Mapping[int, Mapping[int, dict[str, Any]]]
NAMES = [one.name for one in sharing.COLUMNS]
SCOPES = (*[None] * 5, ("name", ["n007", "n008"]), ("name", ["n009"]), ("income", ["7.50"]))
LIKELY = (*NAMES[:4], *NAMES[:4], "illness")
WAYS = (Mode.QUERY, Mode.QUERY, Mode.QUERY, Mode.VERIFY, Mode.BULK)
MASKS = ("", "blank", "keep_edges")
PARTS = ("whole", "whole", "fewer", "masked", "shorter", "yes", "fewer_rows")
BEYOND = ("more", "clearer", "longer", "sooner", "all_rows", "more_calls", "a_copy")
TRIES = 2
AIMED = 0.8
"""How often the next step of an aimed walk is the one that its aim names."""
STOPPED = ("grant.stop_agree", "grant.stop_decide")


@dataclass(frozen=True)
class Aim:
    """Where a walk goes: the steps `towards` its aim in their order, over and over, or anywhere.

    `care` is how often a step is tried by who may take it, where it is due; steps that are `bold`
    anybody tries. `likely` are the fields that are asked for, `narrow` by one department alone.
    """

    towards: tuple[str, ...] = ()
    care: float = 0.9
    likely: tuple[str, ...] = LIKELY
    bold: tuple[str, ...] = ()
    narrow: bool = False


ANYWHERE = Aim()


class Walk:
    """One walk; what it did to the database is gone when it ends."""

    def __init__(self, city: town.Town, truth: Truth, seed: int, aim: Aim) -> None:
        self.city, self.truth, self.care, self.aim = city, truth, aim.care, aim
        self.ahead = cycle(aim.towards)
        self.chance = random.Random(seed)  # noqa: S311 - a walk, no secret
        self.at = NOW + timedelta(days=self.chance.choice([0, 0, 200]))  # or before National Day
        self.books = town.Books()
        self.last = ""

    @property
    def today(self) -> date:
        return timezone.localdate(self.at)

    def step(self) -> None:
        """Take a step, mostly one that is due somewhere."""
        (self.last,) = self.chance.choices(list(STEPS), list(STEPS.values()))
        if self.aim.towards and self.chance.random() < AIMED:
            self.last = next(self.ahead)
        getattr(self, self.last)()

    def mostly(self) -> bool:
        return self.chance.random() < self.care

    def person(self, permission: str, place: Organization | None = None) -> User:
        """Choose who tries: mostly somebody with the right, else anybody."""
        careful = self.last not in self.aim.bold and self.mostly()
        able = self.city.able(permission, place) if careful else []
        return self.chance.choice(able or list(self.city.roles))

    def request(self, *states: State) -> ShareRequest | None:
        """Choose a request, mostly one in these states."""
        every = list(ShareRequest.objects.order_by("pk"))
        found = [one for one in every if one.state in states] if self.mostly() else every
        return self.chance.choice(found) if found else None

    def grant(self) -> Grant | None:
        """Choose a grant between departments."""
        found = list(Grant.objects.filter(channel=Channel.SHARE).order_by("pk"))
        return self.chance.choice(found) if found else None

    # The asking department

    def terms(self, two: sharing.Two, mode: Mode) -> contents.Terms:
        scope, rows = self.chance.choice(SCOPES), []
        if scope is not None:
            rows = [{"field": two.field(scope[0]), "operator": "in", "values": scope[1]}]
        names = {*self.chance.choices(self.aim.likely, k=self.chance.randint(1, 3))}
        if mode == Mode.VERIFY or self.mostly():
            names.add("id")
        return two.terms(
            *sorted(names),
            rows=rows,
            mode=mode,
            clear_up_to=self.chance.choice([Grade.L2, Grade.L3, Grade.L3, Grade.L3, Grade.L4]),
            wanted_from=self.today + timedelta(days=self.chance.choice([0, 0, 0, 5])),
            wanted_until=self.today + timedelta(days=self.chance.randint(20, 400)),
        )

    def draft(self) -> None:
        two = self.chance.choice(self.city.datasets)
        others = [one for one in self.city.departments if one != two.where.department]
        place = self.chance.choice(others if self.mostly() else self.city.departments)
        if self.aim.narrow:
            two, place = self.city.first, self.city.first.asker
        by = self.person("exchange.ask_dataset", place)
        made = self.drafted(two, place, by, self.terms(two, self.chance.choice(WAYS)), None)
        if made and self.mostly():
            self.submit(made)
            self.sign(made)

    def renew(self) -> None:
        old = self.grant()
        if old is None or old.request is None:
            return
        two = next(one for one in self.city.datasets if one.dataset == old.dataset)
        days = {"wanted_from": self.today, "wanted_until": self.today + timedelta(days=50)}
        terms = replace(contents.terms_of(old.request), **days, fields=tuple(old.fields))
        by = self.person("exchange.ask_dataset", old.organization)
        made = self.drafted(two, old.organization, by, terms, old)
        if made:
            self.submit(made)
            self.sign(made)

    def drafted(self, two, place, by, terms, renews) -> ShareRequest | None:
        told = {"organization": place, "renews": renews, "by": by, "at": self.at}
        made = town.attempt(asking.draft, two.dataset.pk, terms, **told)
        if made is not None:
            self.books.asks(made, by)
        return made

    def change(self) -> None:
        found = self.request(State.DRAFT, State.SUPPLEMENT)
        if found is None:
            return
        by = self.person("exchange.ask_dataset", found.organization)
        two = next(one for one in self.city.datasets if one.dataset == found.dataset)
        terms = self.terms(two, Mode(found.mode))
        if town.attempt(asking.change, found.pk, terms, by=by, at=self.at):
            self.books.asks(found, by)

    def submit(self, one: ShareRequest | None = None) -> None:
        found = one or self.request(State.DRAFT, State.SUPPLEMENT)
        if found is None:
            return
        by = self.person("exchange.ask_dataset", found.organization)
        if town.attempt(asking.submit, found.pk, by=by, at=self.at):
            self.books.asks(found, by)

    def sign(self, one: ShareRequest | None = None) -> None:
        found = one or self.request(State.TO_SIGN)
        if found is None:
            return
        by = self.person("exchange.sign_request", found.organization)
        signed = town.attempt(asking.sign, found.pk, vouched=True, by=by, at=self.at)
        if signed:
            self.books.asks(found, by)
            self.books.signs(signed, by, self.today)

    def give_back(self) -> None:
        found = self.request(State.TO_SIGN)
        if found is not None:
            by = self.person("exchange.sign_request", found.organization)
            town.attempt(asking.give_back, found.pk, reason="改", by=by, at=self.at)

    def withdraw(self) -> None:
        found = self.request(*OPEN_STATES)
        if found is not None:
            by = self.person("exchange.ask_dataset", found.organization)
            town.attempt(asking.withdraw, found.pk, reason="不需要", by=by, at=self.at)

    # The provider and the authority

    def look_into(self) -> None:
        found = self.request(State.IN_CHECK, State.IN_CHECK, State.IN_REVIEW)
        if found is None:
            return
        if found.state == State.IN_CHECK:
            by = self.person("exchange.check_request")
        else:
            by = self.person("exchange.answer_request", found.dataset.owner)
        if found.state == State.IN_CHECK and self.mostly():
            town.attempt(deciding.pass_check, found.pk, by=by, at=self.at)
        else:
            town.attempt(deciding.ask_more, found.pk, missing=["批准文件"], by=by, at=self.at)

    def propose(self) -> None:
        found = self.request(State.IN_REVIEW)
        if found is None:
            return
        by = self.person("exchange.answer_request", found.dataset.owner)
        how = self.chance.choice(PARTS if self.mostly() else BEYOND)
        offer = _part(asked(found), how, found)
        town.attempt(deciding.propose, found.pk, offer, reason="最小必要", by=by, at=self.at)

    def refuse(self) -> None:
        found = self.request(State.IN_REVIEW)
        if found is not None:
            by = self.person("exchange.answer_request", found.dataset.owner)
            ground = self.chance.choice(list(Refused))
            told = {"ground": ground, "reason": "不符", "by": by, "at": self.at}
            town.attempt(deciding.propose_refusal, found.pk, **told)

    def answer(self) -> None:
        found = self.request(State.TO_ANSWER)
        if found is None:
            return
        by = self.person("exchange.sign_answer", found.dataset.owner)
        signed = town.attempt(deciding.sign_answer, found.pk, by=by, at=self.at)
        if signed:
            self.books.answers(signed[0], by)

    def reconsider(self) -> None:
        found = self.request(State.TO_ANSWER)
        if found is not None:
            by = self.person("exchange.sign_answer", found.dataset.owner)
            town.attempt(deciding.reconsider, found.pk, reason="再议", by=by, at=self.at)

    def more_time(self) -> None:
        found = self.request(State.IN_REVIEW, State.TO_ANSWER)
        if found is not None:
            by = self.person("exchange.answer_request", found.dataset.owner)
            town.attempt(clocks.ask_extension, found.pk, reason="量大", by=by, at=self.at)
            by = self.person("exchange.oversee_request")
            town.attempt(clocks.extend, found.pk, by=by, at=self.at)

    def dispute(self) -> None:
        found = self.request(State.REFUSED)
        if found is None:
            return
        by = self.person("exchange.open_dispute", found.organization)
        told = {"about": About.REFUSAL, "claim": "应予共享", "by": by, "at": self.at}
        town.attempt(disputes.open_dispute, found.pk, **told)
        one = Dispute.objects.filter(request=found).last()
        if one is not None and self.mostly():
            by = self.person("exchange.sign_answer", found.dataset.owner)
            town.attempt(disputes.concede, one.pk, text="同意", by=by, at=self.at)
        elif one is not None:
            town.attempt(disputes.drop, one.pk, text="不再争议", by=by, at=self.at)

    # Grants, the law, and time

    def of_grant(self, verb: Any, permission: str, *, own: bool = False, **told: Any) -> None:
        found = self.grant()
        if found is not None:
            place = found.organization if own else found.dataset.owner
            by = self.person(permission, place)
            town.attempt(verb, found.pk, by=by, at=self.at, **told)

    def suspend(self) -> None:
        told = {"reason": "超范围", "mend_by": self.today + timedelta(days=5)}
        self.of_grant(lifecycle.suspend, "exchange.suspend_grant", **told)

    def resume(self) -> None:
        self.of_grant(lifecycle.resume, "exchange.suspend_grant", reason="已整改")

    def end_misuse(self) -> None:
        self.of_grant(lifecycle.end_for_misuse, "exchange.suspend_grant", reason="未整改")

    def stop(self) -> None:
        told = {"cause": "下线", "notice": "备1"}
        told["from_day"] = self.today + timedelta(days=self.chance.choice([0, 1, 3, 20, 5000]))
        self.of_grant(stopping.ask, "exchange.stop_grant", **told)

    def of_stop(self) -> None:
        """Answer, decide, or take back what a provider asked; or let the clock look."""
        found = Stop.objects.order_by("pk").last()
        if found is None:
            return
        grant = found.grant
        verb, permission, place, told = self.chance.choice(
            [
                (stopping.agree, stopping.SIGN, grant.organization, {}),
                (stopping.refuse, stopping.SIGN, grant.organization, {"reason": "在用"}),
                (
                    stopping.decide,
                    stopping.DECIDE,
                    None,
                    {"ends": self.mostly(), "reason": "已听取双方"},
                ),
                (
                    stopping.take_back,
                    "exchange.stop_grant",
                    grant.dataset.owner,
                    {"reason": "不停"},
                ),
            ]
        )
        by = self.person(permission, place)
        town.attempt(verb, found.pk, by=by, at=self.at, **told)
        stopping.follow(at=self.at)

    def purpose_over(self) -> None:
        self.of_grant(lifecycle.purpose_over, "exchange.ask_dataset", own=True, reason="用毕")

    def dispose(self) -> None:
        self.of_grant(lifecycle.dispose, "exchange.sign_request", own=True, receipt="已删除")

    def guess(self) -> None:
        """Claim what is wrong about a subject, some times over."""
        grant = Grant.objects.filter(modes=[Mode.VERIFY]).last()
        others = {"name", "phone", "income"} & named(grant) if grant else set()
        if grant is None or not others:
            return
        place, subject = grant.organization, self.chance.randint(1, 2)
        caller = Caller(ReaderKind.DEPARTMENT, place.pk, str(place))
        told = {"mode": Mode.VERIFY, "today": self.today, "number": grant.pk}
        slug = grant.dataset.slug

        def lookup() -> serving.Served:
            return serving.under_grant(slug, caller, **told)

        for _ in range(TRIES + 1):
            claims = [{"id": str(subject), min(others): "0"}]
            try:
                found = verification.verify_claims(lookup, claims, at=self.at)
            except town.REFUSALS:
                return
            assert found.told[0].result in (Result.MISMATCH, Result.NO_SUBJECT)
            self.books.guessed[place.pk, grant.dataset_id, self.today, subject] += 1

    def regrade(self) -> None:
        two, mask = self.chance.choice(self.city.datasets), self.chance.choice(MASKS)
        wanted = {
            "grade": self.chance.choice(list(Grade)[:4]),
            "share_type": self.chance.choice(list(ShareType)[:2]),
            "open_type": "not_open",
            "mask_kind": mask,
            "mask_params": {"keep_left": 3, "keep_right": 2} if mask == "keep_edges" else {},
        }
        by = self.person("exchange.regrade_field", two.where.department)
        change = {two.field(self.chance.choice(NAMES[1:])): wanted}
        told = {"by": by, "at": self.at, "reason": "重定"}
        town.attempt(opening.regrade, two.dataset.pk, change, **told)
        waiting = Revision.objects.filter(state=RevisionState.PROPOSED).last()
        if waiting is not None:
            by = self.person("exchange.decide_revision", waiting.dataset.owner)
            told = {"accept": self.mostly(), "by": by, "at": self.at, "reason": "可"}
            town.attempt(opening.decide_revision, waiting.pk, **told)

    def bar(self) -> None:
        if NegativeLine.objects.count() > 2:
            return
        two, until = self.chance.choice(self.city.datasets), self.chance.choice([None, 9])
        line = catalog.negative_line(
            two.dataset,
            self.chance.choice([["name"], ["phone"], ["income"], ["id"], []]),
            state=LineState.AUTHORITY_REVIEW,
            from_on=self.today,
            until_on=None if until is None else self.today + timedelta(days=until),
            review_on=self.today + timedelta(days=300),
        )
        by = self.person("catalog.publish_negativeline")
        town.attempt(opening.publish_line, line.pk, by=by, at=self.at)

    def unbar(self) -> None:
        line = NegativeLine.objects.filter(state=LineState.PUBLISHED).last()
        if line is not None:
            by = self.person("catalog.end_negativeline", line.dataset.owner)
            town.attempt(opening.end_line, line.pk, by=by, at=self.at, reason="废止")

    def days_pass(self) -> None:
        self.at += timedelta(days=self.chance.choice([1, 1, 2, 7, 30]))

    def a_day_is_moved(self) -> None:
        day = self.today + timedelta(days=self.chance.randint(1, 12))
        told = {"working": self.chance.random() < 0.5}
        WorkingDay.objects.update_or_create(day=day, defaults=told)
        clocks.remind(at=self.at)

    def hold(self) -> None:
        """Look at everything that is promised."""
        self.each_state_follows_from_the_audit_trail()
        self.no_grant_is_without_the_signatures()
        self.a_renewal_stands_for_what_it_renews()
        self.a_stop_ends_nothing_before_its_day()
        self.nobody_guesses_more_than_a_few_times()
        self.nobody_decides_on_what_they_asked_for_or_signs_what_they_proposed()
        self.nothing_is_offered_beyond_what_was_asked()
        self.each_due_day_can_be_counted_by_hand()
        self.nothing_is_served_beyond_what_was_asked_approved_and_lawful()

    def reached(self) -> Counter[str]:
        """Count what the walk came to."""
        found: Counter[str] = Counter()
        for grant in Grant.objects.filter(channel=Channel.SHARE).select_related("request"):
            found["granted"] += 1
            found["at once"] += self.books.signed[grant.request_id].answer is None
            found["with rows"] += bool(grant.rows)
            found["guessed"] = sum(self.books.guessed.values())
            found["renewed"] += grant.request.renews_id is not None
            found[str(grant.state(self.today))] += 1
        for request in ShareRequest.objects.all():
            found[f"request {request.state}"] += 1
        return +found

    # What holds after each step

    def each_state_follows_from_the_audit_trail(self) -> None:
        assert town.replayed() == town.stand(self.today)

    def no_grant_is_without_the_signatures(self) -> None:
        for grant in Grant.objects.filter(channel=Channel.SHARE):
            request = grant.request
            assert request is not None
            kept = self.books.signed[request.pk]
            assert request.state == State.GRANTED
            assert kept.digest == contents.digest(request)
            assert (Role.HEAD, request.organization_id) in self.city.roles[kept.by]
            if kept.answer is None:
                assert kept.free
                said = as_json(asked(request))
            else:
                owner = request.dataset.owner_id
                assert (Role.HEAD, owner) in self.city.roles[kept.answered_by]
                said = kept.answer
            assert _as_granted(grant) == {**said, **_shortened(grant)}
            assert town.no_more(_as_granted(grant), kept.asked)

    def a_renewal_stands_for_what_it_renews(self) -> None:
        for old in Grant.objects.filter(renewals__state=State.GRANTED, revoked_at=None):
            begins = Grant.objects.filter(request__renews=old).values_list("valid_from", flat=True)
            assert old.valid_until < max(begins)

    def a_stop_ends_nothing_before_its_day(self) -> None:
        for grant in Grant.objects.filter(ending=Ending.STOPPED).exclude(revoked_at=None):
            days = grant.stops.filter(state=StopState.DONE).values_list("from_day", flat=True)
            assert timezone.localdate(grant.revoked_at) >= min(days)

    def nobody_guesses_more_than_a_few_times(self) -> None:
        assert max(self.books.guessed.values(), default=0) <= TRIES

    def nobody_decides_on_what_they_asked_for_or_signs_what_they_proposed(self) -> None:
        for request in ShareRequest.objects.all():
            askers = self.books.askers[request.pk]
            deciders = {request.proposed_by_id, request.answered_by_id} - {None}
            assert not askers & deciders
            assert request.answered_by_id is None or len(deciders) == 2
            able = self.city.able("exchange.answer_request", request.dataset.owner)
            assert request.proposed_by is None or request.proposed_by in able
            kept = self.books.signed.get(request.pk)
            if kept is not None:
                assert (Role.HEAD, request.organization_id) in self.city.roles[kept.by]
            if kept is not None and kept.answered_by is not None:
                assert (Role.HEAD, request.dataset.owner_id) in self.city.roles[kept.answered_by]

    def nothing_is_offered_beyond_what_was_asked(self) -> None:
        for request in ShareRequest.objects.filter(state=State.TO_ANSWER).exclude(
            answer="refusal"
        ):
            kept = self.books.signed[request.pk]
            assert town.no_more(as_json(offered(request)), kept.asked)

    def each_due_day_can_be_counted_by_hand(self) -> None:
        for request in ShareRequest.objects.all():
            running = request.state in (State.IN_CHECK, State.IN_REVIEW, State.TO_ANSWER)
            assert (request.due_from is not None) == running
            if request.due_from is None:
                assert request.due_on is None
            else:
                assert request.due_on == town.due(request)

    def nothing_is_served_beyond_what_was_asked_approved_and_lawful(self) -> None:
        for grant in Grant.objects.filter(channel=Channel.SHARE):
            for mode in Mode:
                self._served(grant, mode)

    def _served(self, grant: Grant, mode: Mode) -> None:
        place = grant.organization
        caller = Caller(ReaderKind.DEPARTMENT, place.pk, str(place))
        told = {"mode": mode, "today": self.today, "number": grant.pk}
        holds = grant.state(self.today) == GrantState.LIVE and grant.valid_from <= self.today
        if not holds or str(mode) not in grant.modes:
            with pytest.raises((serving.GrantNotLive, serving.ModeNotGranted)):
                serving.under_grant(grant.dataset.slug, caller, **told)
            return
        found = serving.under_grant(grant.dataset.slug, caller, **told)
        self._fields(grant, found, mode)
        if mode == Mode.QUERY:
            self._rows(grant, found)

    def _fields(self, grant: Grant, found: serving.Served, mode: Mode) -> None:
        fields = {one.name: one for one in Field.objects.filter(resource__dataset=grant.dataset)}
        names = {one.pk: one.name for one in fields.values()}
        decided = matrix.decided_now(
            grant.dataset,
            grant.organization_id,
            fields.values(),
            mode,
            lines=facts.prohibitions(grant.dataset),
            grants=[
                one
                for one in matrix.held_grants(
                    grant.dataset_id, grant.organization_id, names, today=self.today
                )
                if one.id == grant.pk
            ],
            today=self.today,
        )
        for name, seen in found.fields.items():
            named = fields[name].pk in grant.fields
            expected = decided[name].treatment if named else Treatment.WITHHELD
            assert seen.treatment == expected
            if expected != Treatment.WITHHELD:
                assert not town.lines_on(fields[name], self.today)
            if expected == Treatment.CLEAR:
                assert town.clear_by_law(
                    fields[name], clear_up_to=grant.clear_up_to, mode=mode, today=self.today
                )

    def _rows(self, grant: Grant, found: serving.Served) -> None:
        if not [one for one in found.fields.values() if one.column]:
            return
        query = RecordQuery.parse({"limit": ["1000"]})
        page = reading.read(found.head, found.fields, query, found.scopes)
        truth = self.truth[grant.dataset_id]
        told = {row.pop("_id"): row for row in json.loads(page.rows, parse_float=str)}
        leaned = Field.objects.in_bulk([int(one["field"]) for one in grant.rows])
        hidden = any(
            not town.clear_by_law(
                one, clear_up_to=grant.clear_up_to, mode=Mode.QUERY, today=self.today
            )
            for one in leaned.values()
        )
        inside = {
            number
            for number, row in truth.items()
            if not hidden
            and all(
                str(row[leaned[int(one["field"])].name]) in map(str, one["values"])
                for one in grant.rows
            )
        }
        assert set(told) == inside
        for number, row in told.items():
            for name, value in row.items():
                as_it_is = str(value) == str(truth[number][name])
                clear = found.fields[name].treatment == Treatment.CLEAR
                assert as_it_is == clear


def _part(offer: matrix.Offer, how: str, request: ShareRequest) -> matrix.Offer:
    """Return a part of what was asked for; some parts are none, and are refused."""
    if how == "fewer":
        return replace(offer, fields=offer.fields[:1])
    if how == "masked":
        return replace(offer, clear_up_to=Grade.L2)
    if how == "shorter":
        return replace(offer, valid_until=offer.valid_until - timedelta(days=10))
    if how == "yes":
        return replace(offer, mode=Mode.VERIFY)
    if how == "fewer_rows":
        name = Field.objects.get(resource__dataset=request.dataset, name="name").pk
        scope = {"field": name, "operator": "in", "values": ["n001", "n007"]}
        return replace(offer, rows=(*offer.rows, scope))
    return _beyond(offer, how, request)


def _beyond(offer: matrix.Offer, how: str, request: ShareRequest) -> matrix.Offer:
    """Return more than was asked for, which is refused; or what was asked for."""
    every = Field.objects.filter(resource__dataset=request.dataset)
    day = timedelta(days=1)
    more: Mapping[str, Mapping[str, Any]] = {
        "more": {"fields": tuple(every.values_list("pk", flat=True))},
        "clearer": {"clear_up_to": Grade.L4},
        "longer": {"valid_until": offer.valid_until + day},
        "sooner": {"valid_from": offer.valid_from - day},
        "all_rows": {"rows": ()},
        "more_calls": {"daily_quota": None},
        "a_copy": {"mode": Mode.BULK},
    }
    return replace(offer, **more.get(how, {}))


def named(grant: Grant) -> set[str]:
    """Return the names of the fields that a grant names."""
    return set(Field.objects.filter(pk__in=grant.fields).values_list("name", flat=True))


def _as_granted(grant: Grant) -> dict[str, Any]:
    return {
        "fields": grant.fields,
        "mode": grant.modes[0],
        "clear_up_to": grant.clear_up_to,
        "valid_from": str(grant.valid_from),
        "valid_until": str(grant.valid_until),
        "rows": grant.rows,
        "daily_quota": grant.daily_quota,
    }


def _shortened(grant: Grant) -> dict[str, str]:
    """Return a grant's last day where a stop was agreed or decided before its day had come.

    Or where a renewal that begins later was granted.
    """
    for entry in Entry.objects.filter(target=grant.address, details__has_key="last_day"):
        return {"valid_until": entry.details["last_day"]}
    for entry in Entry.objects.filter(target=grant.address, verb__in=STOPPED).order_by("-pk"):
        from_day = Stop.objects.get(pk=entry.details["stop"]).from_day
        if entry.details.get("ends", True) and timezone.localdate(entry.at) < from_day:
            return {"valid_until": str(from_day - timedelta(days=1))}
    return {}


def true_rows(two: sharing.Two) -> dict[int, dict[str, Any]]:
    """Return what stands in the shared zone, by row number."""
    resource = two.dataset.resources.get()
    table = store.live(resource.pk, "shared")
    picked = [sql.SQL("{}::text").format(sql.Identifier(f"f{two.field(n)}")) for n in NAMES]
    found = read_rows(
        sql.SQL("SELECT _id, {} FROM {}").format(sql.SQL(", ").join(picked), store.of(table))
    )
    return {row[0]: dict(zip(NAMES, row[1:], strict=True)) for row in found}


@pytest.fixture
def city() -> Iterator[town.Town]:
    yield town.built()


def walked(city: town.Town, seeds: Iterable[int], steps: int, aim: Aim = ANYWHERE) -> Counter[str]:
    """Take walks, each from the town as it was built; return how many grants were reached."""
    truth = {two.dataset.pk: true_rows(two) for two in city.datasets}
    reached: Counter[str] = Counter()
    for seed in seeds:
        town.forget()
        profile = ("order809", "municipal-2024")[seed % 4 == 3]
        with override_settings(CLOCK_PROFILE=profile, VERIFY_TRIES=TRIES), transaction.atomic():
            walk = Walk(city, truth, seed, aim)
            for number in range(steps):
                before = walk.at, WorkingDay.objects.count(), Entry.objects.count()
                walk.step()
                if before == (walk.at, WorkingDay.objects.count(), Entry.objects.count()):
                    continue  # refused
                try:
                    walk.hold()
                except AssertionError as broken:
                    broken.add_note(f"walk {seed}, step {number}: {walk.last}")
                    raise
            reached.update(walk.reached())
            transaction.set_rollback(True)
    town.forget()
    return reached


def test_every_path_keeps_every_promise(city):
    reached = walked(city, range(8), steps=55)

    assert {"granted", "at once", "with rows", "live", "request to_answer", "guessed"} <= set(
        reached
    )


@pytest.mark.slow
@pytest.mark.parametrize("first", [100, 110, 120])
def test_many_more_paths_keep_every_promise(city, first):
    reached = walked(city, range(first, first + 10), steps=120)

    assert {"suspended", "ended", "disposed", "renewed", "request refused"} <= set(reached)


STEPS = {
    "draft": 14,
    "renew": 2,
    "change": 2,
    "submit": 4,
    "sign": 6,
    "give_back": 1,
    "withdraw": 1,
    "look_into": 4,
    "propose": 14,
    "refuse": 2,
    "answer": 12,
    "reconsider": 1,
    "more_time": 2,
    "dispute": 2,
    "suspend": 3,
    "resume": 2,
    "end_misuse": 2,
    "stop": 2,
    "of_stop": 3,
    "purpose_over": 1,
    "dispose": 1,
    "guess": 4,
    "regrade": 3,
    "bar": 1,
    "unbar": 2,
    "days_pass": 4,
    "a_day_is_moved": 2,
}
"""What is tried, and how often."""
