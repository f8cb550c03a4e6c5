"""The first page of a member."""

from django.http import HttpRequest, HttpResponse

from accounts import notices
from portal.members.door import member_page, page, person_of, said
from portal.members.oidc_pages import linked


@member_page
def home(request: HttpRequest) -> HttpResponse:
    """Say what is there, and what waits."""
    person = person_of(request)
    context = {
        "person": person,
        "said": said(request),
        "lines": notices.inbox(person),
        "linked": linked(request),
    }
    return page(request, "portal/members/home.html", context)
