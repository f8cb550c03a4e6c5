"""The transport bureau as a consumer: its app with a key, and a grant of each way of use.

What `make demo` then gets under them is in `demo.used`.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from accounts import developers, keys, people
from accounts.models import User
from accounts.people import Newcomer
from accounts.roles import Role
from catalog.models import Field, Resource
from demo.invented import DISTRICTS
from demo.kept import Office
from demo.shares import Asker, Provider, Way
from exchange.models import Grant
from policy.terms import Mode, ScopeOperator

APP = "运政管理系统"
DAYS = 365
CLAIMED = ("volunteer_no", "name", "id_number", "mobile")
PURPOSES = {
    Mode.QUERY: "核对道路运输经营者的登记信息",
    Mode.VERIFY: "核验交通志愿者的身份",
    Mode.BULK: "比对辖区内道路运输企业名录",
}


def equip(
    asker: Asker, registrations: Provider, volunteers: Provider, *, security: User, at: datetime
) -> Office:
    """Give the asking department an app with a key, and have it granted each way of use.

    Rows of registrations on demand, those of one district as a file, and a yes or no on
    volunteers. Returns the key and the grants' numbers by way of use.
    """
    developer = people.create(
        Newcomer("transport-developer", "Transport Bureau: developer"), by=security, at=at
    )
    # a publisher too, since the app asks for datasets with the rights of who registered it
    for role in (Role.DEVELOPER, Role.PUBLISHER):
        people.grant_role(developer.pk, role, asker.organization, by=security, at=at)
    builder = User.objects.get(pk=developer.pk)
    app = developers.create_app(asker.organization, APP, by=builder, at=at)
    expires = at + timedelta(days=DAYS)
    key = keys.issue(app, by=builder, at=at, expires_at=expires, label="demo").raw
    granted = _granted(asker, registrations, volunteers, at=at)
    return Office(key, {str(mode): grant.pk for mode, grant in granted.items()})


def _granted(
    asker: Asker, registrations: Provider, volunteers: Provider, *, at: datetime
) -> Mapping[Mode, Grant]:
    of_registrations = Way(asker, registrations, at)
    return {
        Mode.QUERY: of_registrations.granted(PURPOSES[Mode.QUERY], days_ago=20),
        Mode.VERIFY: Way(asker, volunteers, at).granted(
            PURPOSES[Mode.VERIFY],
            days_ago=12,
            mode=Mode.VERIFY,
            fields=_numbers(volunteers.resource, *CLAIMED),
        ),
        Mode.BULK: of_registrations.granted(
            PURPOSES[Mode.BULK],
            days_ago=6,
            mode=Mode.BULK,
            rows=[
                {
                    "field": _numbers(registrations.resource, "district")[0],
                    "operator": str(ScopeOperator.EQ),
                    "values": [DISTRICTS[0].name_zh],
                }
            ],
        ),
    }


def _numbers(resource: Resource, *names: str) -> list[int]:
    found = dict(Field.objects.filter(resource=resource).live().values_list("name", "pk"))
    return [found[name] for name in names]
