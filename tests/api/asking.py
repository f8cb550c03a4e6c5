"""A department whose app asks by API: its key, and calls below /api/v1/office/."""

import json
from dataclasses import dataclass, field
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.keys import IssuedKey
from accounts.models import Membership, User
from accounts.roles import Role
from tests.factories import accounts, exchange, sharing

PLENTY = 10**9
PDF = b"%PDF-1.7 the law says so"


def key_for(two: sharing.Two, person: User) -> IssuedKey:
    """Issue a key to an app of the asking department that a person registered."""
    Membership.objects.create(user=person, organization=two.asker, role=Role.DEVELOPER)
    app = accounts.app(two.asker, created_by=person)
    now = exchange.now()
    return accounts.api_key(app, at=now, rate_per_minute=PLENTY, daily_quota=PLENTY)


@dataclass
class Asker:
    """Two departments, and the key of an app of the asking clerk's."""

    two: sharing.Two
    key: IssuedKey
    client: Client = field(default_factory=Client)

    def call(self, method: str, path: str, *, key: str = "", **told: Any):
        """Call an address below /api/v1/office/, in English."""
        return getattr(self.client, method)(
            f"/api/v1/office/{path}",
            headers={"Accept-Language": "en", "X-API-Key": key or self.key.raw},
            **told,
        )

    def get(self, path: str, **params: Any):
        """Read."""
        return self.call("get", path, data=params)

    def send(self, method: str, path: str, body: Any = None, **more: Any):
        """Send a body as JSON."""
        text = json.dumps({} if body is None else body)
        return self.call(method, path, data=text, content_type="application/json", **more)

    def body(self, *fields: str, **over: Any) -> dict[str, Any]:
        """Return a complete request for these fields."""
        told = {
            "datasets": [{"dataset": self.two.dataset.slug, "fields": list(fields)}],
            "mode": "query",
            "purpose_class": "basis",
            "purpose": "办理租房补贴",
            "scene": "窗口受理",
            "system": "补贴审核系统",
            "basis_text": "《租房补贴办法》第三条",
            "clear_up_to": "L3",
            "calls_average": 100,
            "calls_peak": 500,
        }
        told["wanted_from"], told["wanted_until"] = period()
        return told | over

    def draft(self, *fields: str, **over: Any) -> dict[str, Any]:
        """Draft a request and return its document."""
        answer = self.send("post", "requests", self.body(*fields, **over))
        assert answer.status_code == 201, answer.content.decode()
        return answer.json()["requests"][0]

    def attach(self, number: int, data: bytes = PDF, name: str = "basis.pdf"):
        """Hand in a file."""
        sent = {"file": SimpleUploadedFile(name, data)}
        return self.call("post", f"requests/{number}/attachments", data=sent)


def period() -> tuple[str, str]:
    """Return today and a day half a year on, as the API takes them."""
    today = exchange.now().date()
    return str(today), str(today.replace(year=today.year + 1, day=1))


def asker(*, rows: bool = False, **told: Any) -> Asker:
    """Build both departments, and an app of the clerk's."""
    two = sharing.two(rows=rows, **told)
    return Asker(two, key_for(two, two.clerk))


def refused(answer) -> tuple[int, str]:
    """Return status and code of a refusal."""
    return answer.status_code, answer.json()["code"]
