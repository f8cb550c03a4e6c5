"""A company's applications for conditional data, one granted and one waiting, and its webhook."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.translation import override

from accounts import people
from accounts.models import Organization, User
from accounts.roles import Role
from catalog.models import Dataset, Field
from demo import told
from demo.city import COMPANY
from demo.entries import REGISTRATIONS
from demo.hall import Hall
from demo.kept import SignIn
from exchange.models import ShareRequest
from exchange.sharing import applications, asking, deciding
from exchange.sharing.contents import Terms
from exchange.sharing.requests import asked
from policy.terms import Grade, Mode, OpenType

PERSON, RATINGS = "company-responsible", "credit-ratings"
EMAIL = "company@example.invalid"
"""By which the person who answers for the company signs in at the members' door."""
DAYS = 365
HANDED_IN, PROPOSED, SIGNED, WAITING = 21, 16, 14, 5
"""How many days ago the one was handed in, answered and signed, and the other handed in."""


@dataclass(frozen=True, slots=True)
class Applicant:
    """The company, and who answers for it."""

    organization: Organization
    person: User

    def hand_in(self, slug: str, purpose: str, *, at: datetime) -> ShareRequest:
        """Draft an application for all that is conditional of a dataset, and hand it in."""
        dataset = Dataset.objects.get(slug=slug)
        drafted = asking.draft(
            dataset.pk,
            _terms(dataset, purpose, at=at),
            organization=self.organization,
            by=self.person,
            at=at,
        )
        return applications.hand_in(drafted.pk, vouched=True, by=self.person, at=at)


def is_left() -> bool:
    """Whether this was done in this database before."""
    return User.objects.filter(username=PERSON).exists()


def leave(*, at: datetime) -> tuple[SignIn, ...]:
    """Let the company of the city that is grown up apply twice, dated back, and be told of it.

    Returns how one signs in as who answers for it.
    """
    hall = Hall(at)
    hall.security = User.objects.get(username="security")
    with override("en"):
        company = Organization.objects.get(slug=COMPANY)
        person = hall.enter_member(Role.RESPONSIBLE, company, PERSON, "潮声地图负责人", EMAIL)
        people.grant_role(person.pk, Role.DEVELOPER, company, by=hall.chief, at=at)
        ratings = Dataset.objects.get(slug=RATINGS)
        told.listen(company.apps.get(), [ratings], by=person, at=at)
        owner = ratings.owner
        reviewer = hall.enter(Role.REVIEWER, owner, f"{owner.slug}-reviewer", "企业信用审核员")
        applicant = Applicant(company, person)
        request = applicant.hand_in(RATINGS, "商铺租赁前核对企业信用", at=_ago(at, HANDED_IN))
        deciding.propose(request.pk, asked(request), by=reviewer, at=_ago(at, PROPOSED))
        head = User.objects.get(username=f"{owner.slug}-head")
        deciding.sign_answer(request.pk, by=head, at=_ago(at, SIGNED))
        told.deliver(at=_ago(at, SIGNED))
        told.happen(ratings, at=at)
        applicant.hand_in(REGISTRATIONS.slug, "店铺地图标注企业规模", at=_ago(at, WAITING))
    return tuple(hall.sign_ins)


def _ago(at: datetime, days: int) -> datetime:
    return at - timedelta(days=days)


def _terms(dataset: Dataset, purpose: str, *, at: datetime) -> Terms:
    conditional = Field.objects.filter(
        resource__dataset=dataset, open_type=OpenType.CONDITIONAL, grade__lte=Grade.L2
    )
    start = timezone.localdate(at)
    return Terms(
        purpose_class="",
        system="",
        purpose=purpose,
        scene="店铺地图",
        safeguards="专人保管，加密存储，到期删除。",
        mode=Mode.QUERY,
        fields=list(conditional.live().values_list("pk", flat=True)),
        wanted_from=start,
        wanted_until=start + timedelta(days=DAYS),
        clear_up_to=Grade.L2,
        calls_peak=500,
    )
