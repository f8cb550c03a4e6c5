"""What people are told: a note in the inbox of a role, and a mail where it matters.

A notice belongs to the transaction of the verb that tells it; mails leave later, by the clock.
Addressed to a role in an organisation, so it waits for whoever holds that role, also after a
person has left; what answers a member, to that person alone. What waits to be done is not read
from here: the desks ask the things themselves.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone, translation
from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import mailing
from accounts.mailing import Handed
from accounts.models import Delegation, Membership, Notice, NoticeSeen, Organization, User
from accounts.roles import CITY_WIDE, COMPANY_ROLES, LENDABLE, OrganizationKind, Role
from accounts.wording import LANGUAGES, in_both

LATEST = 20
MAILS_A_TURN = 50


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of notice: its sentence, with named places for `words`, and whom it is for.

    A kind without roles is for one person: a member who is answered.
    """

    sentence: str | Promise
    roles: tuple[Role, ...]
    mail: bool = False


KINDS: Mapping[str, Kind] = {
    "dataset.submitted": Kind(
        gettext_lazy("“%(dataset)s” of %(owner)s waits for review."), (Role.OPERATOR,)
    ),
    "dataset.signable": Kind(
        gettext_lazy("“%(dataset)s” waits for the signature of the head."), (Role.HEAD,)
    ),
    "dataset.signed": Kind(
        gettext_lazy("“%(dataset)s” is signed. Submit it to the data authority."),
        (Role.PUBLISHER,),
    ),
    "dataset.unsignable": Kind(
        gettext_lazy(
            "“%(dataset)s” waits for a signature, but nobody at %(owner)s holds the role of head."
            " Give it to somebody."
        ),
        (Role.SECURITY_ADMIN, Role.OPERATOR),
        mail=True,
    ),
    "dataset.sent_back": Kind(
        gettext_lazy("“%(dataset)s” was sent back. What is missing: %(defects)s"),
        (Role.PUBLISHER,),
        mail=True,
    ),
    "dataset.published": Kind(
        gettext_lazy("“%(dataset)s” of %(owner)s is in the catalogue now."),
        (Role.PUBLISHER, Role.REVIEWER),
    ),
    "dataset.withdrawn": Kind(
        gettext_lazy("“%(dataset)s” of %(owner)s was withdrawn: %(reason)s"),
        (Role.PUBLISHER, Role.REVIEWER),
    ),
    "dataset.review_due": Kind(
        gettext_lazy("The review of “%(dataset)s” is due on %(day)s."), (Role.OPERATOR,), mail=True
    ),
    "dataset.review_late": Kind(
        gettext_lazy("The review of “%(dataset)s” was due on %(day)s and is late."),
        (Role.OPERATOR,),
        mail=True,
    ),
    "dataset.review_climbed": Kind(
        gettext_lazy(
            "The review of “%(dataset)s” of %(owner)s was due on %(day)s and is still not done."
            " Head of the department and data authority are told."
        ),
        (Role.HEAD, Role.OPERATOR),
        mail=True,
    ),
    "dataset.update_due": Kind(
        gettext_lazy("“%(dataset)s” has to follow a change by %(day)s: %(why)s"),
        (Role.PUBLISHER,),
        mail=True,
    ),
    "dataset.update_late": Kind(
        gettext_lazy("“%(dataset)s” should have followed a change by %(day)s: %(why)s"),
        (Role.PUBLISHER, Role.HEAD),
        mail=True,
    ),
    "dataset.update_climbed": Kind(
        gettext_lazy(
            "“%(dataset)s” of %(owner)s should have followed a change by %(day)s and still has"
            " not: %(why)s Head of the department and data authority are told."
        ),
        (Role.HEAD, Role.OPERATOR),
        mail=True,
    ),
    "dataset.stale": Kind(
        gettext_lazy("“%(dataset)s” should have been refreshed by %(day)s and was not."),
        (Role.PUBLISHER,),
        mail=True,
    ),
    "revision.proposed": Kind(
        gettext_lazy("A change of “%(dataset)s” that shows more waits for a second person."),
        (Role.HEAD,),
    ),
    "file.releasable": Kind(
        gettext_lazy(
            "A newer version of the file “%(file)s” of “%(dataset)s” waits for the head to release"
            " it. Until then everybody is given the one before it."
        ),
        (Role.HEAD,),
        mail=True,
    ),
    "file.openable": Kind(
        gettext_lazy(
            "The file “%(file)s” of “%(dataset)s” is to be opened to everyone and waits for the"
            " head to release it: %(reason)s"
        ),
        (Role.HEAD,),
        mail=True,
    ),
    "file.closed": Kind(
        gettext_lazy("The file “%(file)s” of “%(dataset)s” is closed to everyone: %(reason)s"),
        (Role.PUBLISHER, Role.HEAD),
        mail=True,
    ),
    "revision.signable": Kind(
        gettext_lazy("A change of “%(dataset)s” waits for the signature of the head."),
        (Role.HEAD,),
    ),
    "revision.submitted": Kind(
        gettext_lazy("A change of “%(dataset)s” of %(owner)s waits for review."),
        (Role.OPERATOR,),
    ),
    "revision.review_due": Kind(
        gettext_lazy("The review of a change of “%(dataset)s” is due on %(day)s."),
        (Role.OPERATOR,),
        mail=True,
    ),
    "revision.review_late": Kind(
        gettext_lazy("The review of a change of “%(dataset)s” was due on %(day)s and is late."),
        (Role.OPERATOR,),
        mail=True,
    ),
    "revision.review_climbed": Kind(
        gettext_lazy(
            "The review of a change of “%(dataset)s” of %(owner)s was due on %(day)s and is still"
            " not done. Head of the department and data authority are told."
        ),
        (Role.HEAD, Role.OPERATOR),
        mail=True,
    ),
    "revision.decided": Kind(
        gettext_lazy("The change of “%(dataset)s” was decided: %(outcome)s"), (Role.PUBLISHER,)
    ),
    "grading.changed": Kind(
        gettext_lazy(
            "The table of grades changed: %(count)s fields of your department are to be graded"
            " anew."
        ),
        (Role.PUBLISHER,),
        mail=True,
    ),
    "demand.raised": Kind(
        gettext_lazy("%(asker)s needs “%(demand)s”: find whose duty it is."), (Role.OPERATOR,)
    ),
    "demand.given": Kind(
        gettext_lazy(
            "%(asker)s needs “%(demand)s”, which is your department's duty: catalogue it and name"
            " the dataset."
        ),
        (Role.PUBLISHER, Role.HEAD),
        mail=True,
    ),
    "demand.catalogued": Kind(
        gettext_lazy(
            "What you need, “%(demand)s”, is in the catalogue as “%(dataset)s”: ask for it, and"
            " say whether it serves."
        ),
        (Role.PUBLISHER, Role.REVIEWER),
        mail=True,
    ),
    "demand.declined": Kind(
        gettext_lazy("Your demand “%(demand)s” was declined: %(reason)s"),
        (Role.PUBLISHER, Role.REVIEWER),
        mail=True,
    ),
    "line.proposed": Kind(
        gettext_lazy("A line of the negative list on “%(dataset)s” waits for legal review."),
        (Role.HEAD, Role.REVIEWER),
    ),
    "line.forwarded": Kind(
        gettext_lazy("A line of the negative list on “%(dataset)s” waits for the authority."),
        (Role.OPERATOR,),
    ),
    "line.returned": Kind(
        gettext_lazy("The line of the negative list on “%(dataset)s” was returned: %(reason)s"),
        (Role.PUBLISHER,),
        mail=True,
    ),
    "line.published": Kind(
        gettext_lazy("Line %(number)s of the negative list on “%(dataset)s” is in force."),
        (Role.PUBLISHER, Role.REVIEWER),
    ),
    "line.review_due": Kind(
        gettext_lazy(
            "Line %(number)s of the negative list on “%(dataset)s” is to be reviewed by %(day)s."
        ),
        (Role.PUBLISHER, Role.OPERATOR),
        mail=True,
    ),
    "line.lapsed": Kind(
        gettext_lazy(
            "Line %(number)s of the negative list on “%(dataset)s” has run out. Its fields are"
            " conditional again: grade them anew, or propose another line."
        ),
        (Role.PUBLISHER, Role.OPERATOR),
        mail=True,
    ),
    "line.ended": Kind(
        gettext_lazy(
            "Line %(number)s of the negative list on “%(dataset)s” was ended. Its fields are"
            " conditional until they are graded anew."
        ),
        (Role.PUBLISHER,),
        mail=True,
    ),
    "sync.failed": Kind(
        gettext_lazy("The sync of “%(dataset)s” failed: %(problem)s"), (Role.PUBLISHER,), mail=True
    ),
    "sync.held": Kind(
        gettext_lazy("A run of “%(dataset)s” is held back: %(problem)s"),
        (Role.PUBLISHER, Role.HEAD, Role.OPERATOR),
        mail=True,
    ),
    "calendar.year_missing": Kind(
        gettext_lazy(
            "The working days of %(year)s are not entered, so due dates in it are estimates. Enter"
            " the announcement of the State Council in the list of working days."
        ),
        (Role.OPERATOR,),
        mail=True,
    ),
    "request.signable": Kind(
        gettext_lazy("Request %(request)s for “%(dataset)s” waits for the signature of the head."),
        (Role.HEAD,),
    ),
    "request.given_back": Kind(
        gettext_lazy("The head gave request %(request)s for “%(dataset)s” back: %(reason)s"),
        (Role.PUBLISHER, Role.REVIEWER),
    ),
    "request.checkable": Kind(
        gettext_lazy("Request %(request)s of %(asker)s for “%(dataset)s” waits for its check."),
        (Role.OPERATOR,),
    ),
    "request.received": Kind(
        gettext_lazy("%(asker)s asks for “%(dataset)s” (request %(request)s)."),
        (Role.REVIEWER,),
        mail=True,
    ),
    "request.more_asked": Kind(
        gettext_lazy("Request %(request)s for “%(dataset)s” is to be completed: %(missing)s"),
        (Role.PUBLISHER, Role.REVIEWER),
        mail=True,
    ),
    "request.answerable": Kind(
        gettext_lazy(
            "The answer to request %(request)s of %(asker)s for “%(dataset)s” waits for the"
            " signature of the head."
        ),
        (Role.HEAD,),
    ),
    "request.reconsidered": Kind(
        gettext_lazy(
            "The head gave the answer to request %(request)s for “%(dataset)s” back: %(reason)s"
        ),
        (Role.REVIEWER,),
    ),
    "request.granted": Kind(
        gettext_lazy(
            "Request %(request)s for “%(dataset)s” is granted until %(until)s, as grant no."
            " %(grant)s. Reason of the answer: %(reason)s"
        ),
        (Role.PUBLISHER, Role.REVIEWER, Role.HEAD),
        mail=True,
    ),
    "request.granted_at_once": Kind(
        gettext_lazy(
            "%(asker)s was given what is unconditional in “%(dataset)s” (request %(request)s)."
        ),
        (Role.REVIEWER,),
    ),
    "request.refused": Kind(
        gettext_lazy(
            "Request %(request)s for “%(dataset)s” was not agreed to: %(reason)s If you differ,"
            " open a dispute."
        ),
        (Role.PUBLISHER, Role.REVIEWER, Role.HEAD),
        mail=True,
    ),
    "application.refused": Kind(
        gettext_lazy("Application %(request)s for “%(dataset)s” was not agreed to: %(reason)s"),
        (Role.RESPONSIBLE,),
        mail=True,
    ),
    "request.withdrawn": Kind(
        gettext_lazy("%(asker)s withdrew request %(request)s for “%(dataset)s”: %(reason)s"),
        (Role.REVIEWER,),
    ),
    "request.comment_provider": Kind(
        gettext_lazy("%(asker)s on request %(request)s for “%(dataset)s”: %(text)s"),
        (Role.REVIEWER,),
    ),
    "request.comment_asker": Kind(
        gettext_lazy("On request %(request)s for “%(dataset)s”: %(text)s"),
        (Role.PUBLISHER, Role.REVIEWER),
    ),
    "request.extension": Kind(
        gettext_lazy(
            "%(owner)s asks for more time to answer request %(request)s for “%(dataset)s”."
        ),
        (Role.OPERATOR,),
        mail=True,
    ),
    "request.extended": Kind(
        gettext_lazy(
            "The answer to request %(request)s for “%(dataset)s” is due on %(day)s now: %(reason)s"
        ),
        (Role.PUBLISHER, Role.REVIEWER),
        mail=True,
    ),
    "request.due": Kind(
        gettext_lazy("Request %(request)s of %(asker)s for “%(dataset)s” is due on %(day)s."),
        (Role.REVIEWER, Role.HEAD),
        mail=True,
    ),
    "request.late": Kind(
        gettext_lazy(
            "Request %(request)s of %(asker)s for “%(dataset)s” was due on %(day)s and is late at"
            " %(owner)s."
        ),
        (Role.REVIEWER, Role.HEAD),
        mail=True,
    ),
    "request.climbed": Kind(
        gettext_lazy(
            "Request %(request)s of %(asker)s for “%(dataset)s” was due on %(day)s, and %(owner)s"
            " has still not answered. Head of the provider and data authority are told."
        ),
        (Role.HEAD, Role.OPERATOR),
        mail=True,
    ),
    "request.check_due": Kind(
        gettext_lazy(
            "The formal check of request %(request)s of %(asker)s for “%(dataset)s” is due on"
            " %(day)s."
        ),
        (Role.OPERATOR,),
        mail=True,
    ),
    "request.check_late": Kind(
        gettext_lazy(
            "The formal check of request %(request)s of %(asker)s for “%(dataset)s” was due on"
            " %(day)s and is late."
        ),
        (Role.OPERATOR,),
        mail=True,
    ),
    "request.check_climbed": Kind(
        gettext_lazy(
            "The formal check of request %(request)s of %(asker)s for “%(dataset)s” was due on"
            " %(day)s and is still not done. Head of the asking department and data authority are"
            " told."
        ),
        (Role.HEAD, Role.OPERATOR),
        mail=True,
    ),
    "dispute.opened": Kind(
        gettext_lazy(
            "%(asker)s opened a dispute over request %(request)s for “%(dataset)s”: %(claim)s"
        ),
        (Role.REVIEWER, Role.HEAD),
        mail=True,
    ),
    "dispute.said": Kind(
        gettext_lazy("In the dispute over request %(request)s for “%(dataset)s”: %(text)s"),
        (Role.PUBLISHER, Role.REVIEWER, Role.HEAD),
    ),
    "dispute.raised": Kind(
        gettext_lazy(
            "%(asker)s took the dispute with %(owner)s over request %(request)s for “%(dataset)s”"
            " one step up: %(text)s"
        ),
        (Role.OPERATOR, Role.REVIEWER, Role.HEAD),
        mail=True,
    ),
    "dispute.settled": Kind(
        gettext_lazy(
            "The dispute over request %(request)s for “%(dataset)s” is over: %(outcome)s"
        ),
        (Role.PUBLISHER, Role.REVIEWER, Role.HEAD),
        mail=True,
    ),
    "correction.reported": Kind(
        gettext_lazy(
            "%(reporter)s reports something wrong in “%(dataset)s” (report %(report)s). Answer by"
            " %(day)s."
        ),
        (Role.PUBLISHER, Role.REVIEWER),
        mail=True,
    ),
    "correction.more_asked": Kind(
        gettext_lazy("Report %(report)s on “%(dataset)s” is to be completed: %(text)s"),
        (Role.PUBLISHER, Role.REVIEWER),
    ),
    "correction.answered": Kind(
        gettext_lazy("%(owner)s answered report %(report)s on “%(dataset)s”: %(text)s"),
        (Role.PUBLISHER, Role.REVIEWER, Role.HEAD),
        mail=True,
    ),
    "correction.spread": Kind(
        gettext_lazy(
            "“%(dataset)s”, which your department received, was corrected: row %(row)s, fields"
            " %(fields)s. %(answer)s"
        ),
        (Role.PUBLISHER, Role.REVIEWER),
        mail=True,
    ),
    "correction.due": Kind(
        gettext_lazy(
            "Report %(report)s of %(reporter)s on “%(dataset)s” is to be answered by %(day)s."
        ),
        (Role.PUBLISHER, Role.REVIEWER),
        mail=True,
    ),
    "correction.spread_open": Kind(
        gettext_lazy(
            "“%(dataset)s”, which you received under grant no. %(grant)s, was corrected. Read its"
            " changes, or fetch it anew."
        ),
        (Role.DEVELOPER,),
        mail=True,
    ),
    "correction.late": Kind(
        gettext_lazy(
            "Report %(report)s of %(reporter)s on “%(dataset)s” was due on %(day)s and is late at"
            " %(owner)s."
        ),
        (Role.REVIEWER, Role.HEAD),
        mail=True,
    ),
    "correction.climbed": Kind(
        gettext_lazy(
            "Report %(report)s of %(reporter)s on “%(dataset)s” was due on %(day)s, and %(owner)s"
            " has still not answered. Head of the provider and data authority are told."
        ),
        (Role.HEAD, Role.OPERATOR),
        mail=True,
    ),
    "comment.waiting": Kind(
        gettext_lazy("Somebody wrote about “%(dataset)s” of %(owner)s (comment %(comment)s)."),
        (Role.OPERATOR, Role.PUBLISHER, Role.REVIEWER),
    ),
    "comment.to_answer": Kind(
        gettext_lazy("Comment %(comment)s on “%(dataset)s” can be answered. Due: %(day)s."),
        (Role.PUBLISHER, Role.REVIEWER),
        mail=True,
    ),
    "comment.due": Kind(
        gettext_lazy("Comment %(comment)s on “%(dataset)s” is to be answered by %(day)s."),
        (Role.PUBLISHER, Role.REVIEWER),
        mail=True,
    ),
    "comment.late": Kind(
        gettext_lazy(
            "Comment %(comment)s on “%(dataset)s” was due on %(day)s and is late at %(owner)s."
        ),
        (Role.REVIEWER, Role.HEAD),
        mail=True,
    ),
    "comment.climbed": Kind(
        gettext_lazy(
            "Comment %(comment)s on “%(dataset)s” was due on %(day)s, and %(owner)s has still not"
            " answered the public."
        ),
        (Role.HEAD, Role.OPERATOR),
        mail=True,
    ),
    "comment.answered": Kind(
        gettext_lazy("%(owner)s has answered what you wrote on “%(dataset)s”."), (), mail=True
    ),
    "showcase.waiting": Kind(
        gettext_lazy("The app “%(app)s” waits for a look before it is shown."), (Role.OPERATOR,)
    ),
    "wish.waiting": Kind(
        gettext_lazy("Somebody wishes for data: “%(wish)s”. Look at it before it is shown."),
        (Role.OPERATOR,),
    ),
    "wish.given": Kind(
        gettext_lazy("People wish for data of your department: “%(wish)s”. Answer in public."),
        (Role.PUBLISHER, Role.REVIEWER),
        mail=True,
    ),
    "wish.due": Kind(
        gettext_lazy("The wish “%(wish)s” is to be answered by %(day)s."),
        (Role.PUBLISHER, Role.REVIEWER),
        mail=True,
    ),
    "wish.late": Kind(
        gettext_lazy(
            "The wish “%(wish)s” was to be answered by %(day)s and is late at %(owner)s."
        ),
        (Role.REVIEWER, Role.HEAD),
        mail=True,
    ),
    "wish.climbed": Kind(
        gettext_lazy(
            "The wish “%(wish)s” was to be answered by %(day)s, and %(owner)s has still not"
            " answered the public."
        ),
        (Role.HEAD, Role.OPERATOR),
        mail=True,
    ),
    "wish.nobodys": Kind(
        gettext_lazy(
            "The wish “%(wish)s” is to be answered by %(day)s, and no department can do so yet:"
            " look at it, and name the one whose duty it is."
        ),
        (Role.OPERATOR,),
        mail=True,
    ),
    "wish.extended": Kind(
        gettext_lazy("The wish “%(wish)s” is to be answered by %(day)s now: %(reason)s"),
        (Role.PUBLISHER, Role.REVIEWER),
    ),
    "wish.takes_longer": Kind(
        gettext_lazy("The answer to your wish “%(wish)s” takes longer, until %(day)s: %(reason)s"),
        (),
        mail=True,
    ),
    "wish.answered": Kind(
        gettext_lazy("Your wish “%(wish)s” was answered: %(outcome)s."), (), mail=True
    ),
    "contest.awarded": Kind(
        gettext_lazy("Your app “%(app)s” has an award in the contest “%(contest)s”: %(award)s."),
        (),
        mail=True,
    ),
    "contest.withdrawn": Kind(
        gettext_lazy(
            "The contest “%(contest)s”, in which you entered “%(app)s”, was called off: %(reason)s"
        ),
        (),
        mail=True,
    ),
    "contest.results_due": Kind(
        gettext_lazy(
            "The results of the contest “%(contest)s” are promised for %(day)s: announce them, or"
            " tell who entered when they come."
        ),
        (Role.OPERATOR,),
        mail=True,
    ),
    "grant.suspended": Kind(
        gettext_lazy(
            "Grant no. %(grant)s on “%(dataset)s” is suspended: %(reason)s Mend it in time, or it"
            " ends."
        ),
        (Role.PUBLISHER, Role.REVIEWER, Role.HEAD),
        mail=True,
    ),
    "grant.resumed": Kind(
        gettext_lazy("Grant no. %(grant)s on “%(dataset)s” holds again: %(reason)s"),
        (Role.PUBLISHER, Role.REVIEWER),
        mail=True,
    ),
    "grant.stopped": Kind(
        gettext_lazy(
            "%(owner)s wants to stop grant no. %(grant)s of %(asker)s on “%(dataset)s” from"
            " %(day)s: %(reason)s (notice %(notice)s)"
        ),
        (Role.OPERATOR,),
    ),
    "grant.stop_asked": Kind(
        gettext_lazy(
            "%(owner)s asks to stop grant no. %(grant)s on “%(dataset)s” from %(day)s: %(reason)s"
            " (notice %(notice)s) Agree, or object with your reason, by %(answer_by)s."
        ),
        (Role.HEAD,),
        mail=True,
    ),
    "grant.deliver_due": Kind(
        gettext_lazy(
            "Grant no. %(grant)s of %(asker)s on “%(dataset)s”: the rows have to be shared by"
            " %(day)s and are not there yet. Connect a source, and let it be read."
        ),
        (Role.PUBLISHER, Role.REVIEWER),
        mail=True,
    ),
    "grant.deliver_late": Kind(
        gettext_lazy(
            "Grant no. %(grant)s of %(asker)s on “%(dataset)s”: the rows had to be shared by"
            " %(day)s, and %(owner)s is late. Connect a source, and let it be read."
        ),
        (Role.PUBLISHER, Role.HEAD),
        mail=True,
    ),
    "grant.deliver_climbed": Kind(
        gettext_lazy(
            "Grant no. %(grant)s of %(asker)s on “%(dataset)s”: the rows had to be shared by"
            " %(day)s, and %(owner)s has still not done so. Head of the provider and data"
            " authority are told."
        ),
        (Role.HEAD, Role.OPERATOR),
        mail=True,
    ),
    "grant.stop_objected": Kind(
        gettext_lazy(
            "%(asker)s objects to the stop of grant no. %(grant)s on “%(dataset)s” from %(day)s:"
            " %(reason)s The data authority decides."
        ),
        (Role.OPERATOR, Role.REVIEWER, Role.HEAD),
        mail=True,
    ),
    "grant.stop_silent": Kind(
        gettext_lazy(
            "%(asker)s did not answer by %(answer_by)s whether grant no. %(grant)s on"
            " “%(dataset)s” stops from %(day)s, as %(owner)s asks. Decide on it."
        ),
        (Role.OPERATOR,),
        mail=True,
    ),
    "grant.stop_set": Kind(
        gettext_lazy(
            "Grant no. %(grant)s of %(asker)s on “%(dataset)s” is stopped: nothing is served from"
            " %(day)s on. %(reason)s"
        ),
        (Role.PUBLISHER, Role.REVIEWER, Role.HEAD),
        mail=True,
    ),
    "grant.stop_off": Kind(
        gettext_lazy(
            "Grant no. %(grant)s of %(asker)s on “%(dataset)s” is not stopped from %(day)s, and"
            " goes on as it was: %(reason)s"
        ),
        (Role.PUBLISHER, Role.REVIEWER, Role.HEAD),
        mail=True,
    ),
    "grant.ended": Kind(
        gettext_lazy(
            "Grant no. %(grant)s of %(asker)s on “%(dataset)s” has ended: %(reason)s What was"
            " received is to be disposed of."
        ),
        (Role.PUBLISHER, Role.REVIEWER, Role.HEAD),
        mail=True,
    ),
    "grant.runs_out": Kind(
        gettext_lazy(
            "Grant no. %(grant)s of %(asker)s on “%(dataset)s” ends after %(day)s. If the data is"
            " needed for longer, renew it in time: a renewal is answered as any request is."
        ),
        (Role.PUBLISHER, Role.REVIEWER, Role.HEAD),
        mail=True,
    ),
    "grant.run_out": Kind(
        gettext_lazy(
            "Grant no. %(grant)s of %(asker)s on “%(dataset)s” ran out on %(day)s. Renew it, or"
            " dispose of what was received and have it noted how."
        ),
        (Role.PUBLISHER, Role.REVIEWER, Role.HEAD),
        mail=True,
    ),
    "grant.disposed": Kind(
        gettext_lazy(
            "%(asker)s disposed of what it received under grant no. %(grant)s on “%(dataset)s”:"
            " %(receipt)s"
        ),
        (Role.REVIEWER,),
    ),
    "grant.use_due": Kind(
        gettext_lazy(
            "Grant no. %(grant)s on “%(dataset)s” was called in %(quarter)s, and its use is not"
            " written down. Record scene, result and storage (Order 809, article 29)."
        ),
        (Role.PUBLISHER, Role.REVIEWER, Role.HEAD),
        mail=True,
    ),
    "batch.ready": Kind(
        gettext_lazy(
            "Batch file %(batch)s of “%(dataset)s”, which %(person)s asked for, is ready: %(rows)s"
            " rows. Fetch it by %(day)s, at the grants of your department."
        ),
        (Role.PUBLISHER, Role.REVIEWER),
        mail=True,
    ),
    "batch.failed": Kind(
        gettext_lazy(
            "Batch file %(batch)s of “%(dataset)s”, which %(person)s asked for, was not written:"
            " %(reason)s. %(advice)s"
        ),
        (Role.PUBLISHER, Role.REVIEWER),
        mail=True,
    ),
    "batch.given_up": Kind(
        gettext_lazy(
            "Writing batch file %(batch)s of “%(dataset)s” for %(asker)s broke off %(tries)s times"
            " and was given up. Look into the worker's log; the department can ask again then."
        ),
        (Role.OPERATOR,),
        mail=True,
    ),
    "role.handed_over": Kind(
        gettext_lazy("%(person)s has left; %(heir)s takes over: %(roles)s."), (Role.HEAD,)
    ),
    "company.claimed": Kind(
        gettext_lazy(
            "A member says they build for “%(company)s” (%(uscc)s). It is to be checked."
        ),
        (Role.OPERATOR,),
        mail=True,
    ),
    "company.approved": Kind(
        gettext_lazy("%(person)s may build for “%(company)s” now: its apps and keys."),
        (Role.DEVELOPER,),
        mail=True,
    ),
    "key.leaked": Kind(
        gettext_lazy(
            "Somebody showed us the whole key %(prefix)s… of “%(app)s”, so it was revoked at once."
            " Make another, and look where it got out."
        ),
        (Role.DEVELOPER,),
        mail=True,
    ),
    "key.reported": Kind(
        gettext_lazy(
            "Somebody says the key %(prefix)s… of “%(app)s” was seen in public. If that can be,"
            " replace it now."
        ),
        (Role.DEVELOPER,),
        mail=True,
    ),
    "webhook.off": Kind(
        gettext_lazy(
            "The webhook at %(url)s of “%(app)s” has failed since %(since)s and is switched off."
            " Mend it, then send it a ping: answered, it is told again."
        ),
        (Role.DEVELOPER,),
        mail=True,
    ),
    "mail.given_up": Kind(
        gettext_lazy(
            "A mail for %(receiver)s was given up: for five days the mail server did not take it."
            " The log of worker-brief has what it answered. See whether the addresses are right."
        ),
        (Role.OPERATOR, Role.SYSTEM_ADMIN),
    ),
    "role.lent": Kind(
        gettext_lazy(
            "%(colleague)s acts for %(person)s as %(role)s, from %(first)s until %(last)s."
        ),
        (Role.HEAD, Role.REVIEWER),
    ),
    "role.lent_operator": Kind(
        gettext_lazy(
            "%(colleague)s acts for %(person)s as %(role)s, from %(first)s until %(last)s."
        ),
        (Role.OPERATOR,),
    ),
    "request.holder_left": Kind(
        gettext_lazy(
            "%(person)s has left %(place)s while request %(request)s on “%(dataset)s” waited there"
            " (%(state)s). It can be taken up by: %(roles)s."
        ),
        LENDABLE,
        mail=True,
    ),
    "organization.transferred": Kind(
        gettext_lazy("What %(old)s held is yours now: %(counts)s"),
        (Role.PUBLISHER, Role.HEAD, Role.REVIEWER),
        mail=True,
    ),
}
"""Every kind that can be told; `tell` refuses any other."""


class NoticeUnknown(Exception):
    """The kind is not in KINDS, where each stands with its sentence."""


@dataclass(frozen=True, slots=True)
class Line:
    """A notice as one person reads it."""

    id: int
    kind: str
    sentence: str
    target: str
    told_at: datetime
    due_on: date | None
    seen: bool
    settled: bool


@transaction.atomic
def tell(
    kind: str,
    *,
    organization: Organization | None,
    member: User | None = None,
    target: str,
    at: datetime,
    due_on: date | None = None,
    once: bool = False,
    **words: Any,
) -> None:
    """Tell the roles of a kind, in one organisation or, without one, in all; or one `member`.

    A role that acts for the whole city is told wherever it is held. `target` names the thing as
    audit entries do ("dataset:12"). While a notice of the same kind and target is open, it is told
    anew in place and not mailed again; with `once`, one that says the same is left as it is.
    Raises NoticeUnknown.
    """
    if kind not in KINDS:
        raise NoticeUnknown(f"“{kind}” is no kind of notice. Add it to accounts/notices.py.")
    told = {name: _in_both(value) for name, value in words.items()}
    for whom in _whom(kind, organization, member):
        notice, fresh = Notice.objects.get_or_create(
            kind=kind,
            target=target,
            **whom,
            settled_at=None,
            defaults={
                "words": told,
                "due_on": due_on,
                "told_at": at,
                "by_mail": KINDS[kind].mail,
            },
        )
        if not fresh and not (once and notice.words == told):
            notice.words, notice.due_on, notice.told_at = told, due_on, at
            notice.save(update_fields=["words", "due_on", "told_at"])
            notice.seen.all().delete()


def _whom(
    kind: str, organization: Organization | None, member: User | None
) -> list[dict[str, Any]]:
    """Return whom a kind is told: the fields of a notice for each."""
    if member is not None:
        return [{"role": "", "organization": None, "person": member}]
    return [
        {
            "role": role,
            "organization": None if role in CITY_WIDE else organization,
            "person": None,
        }
        for role in _roles(kind, organization)
    ]


def _roles(kind: str, organization: Organization | None) -> tuple[Role, ...]:
    """Return which roles are told; at a company, where none of the office's is, its own."""
    roles = KINDS[kind].roles
    if organization is None or organization.kind != OrganizationKind.COMPANY:
        return roles
    there = tuple(role for role in roles if role in COMPANY_ROLES | CITY_WIDE)
    return there or (Role.RESPONSIBLE, Role.DEVELOPER)


def open_targets(*kinds: str) -> set[str]:
    """Return the targets that notices of these kinds are open about; one query."""
    return set(Notice.objects.open().filter(kind__in=kinds).values_list("target", flat=True))


def _in_both(value: Any) -> str | dict[str, str]:
    """Return how a value reads, by language where that makes a difference."""
    said = in_both(value)
    return said if len(set(said.values())) > 1 else said[LANGUAGES[0]]


def settle(target: str, *kinds: str, at: datetime) -> int:
    """Close what was open about a target, of these kinds; returns how many. Asks no right."""
    return Notice.objects.open().filter(target=target, kind__in=kinds).update(settled_at=at)


def sentence(notice: Notice) -> str:
    """Return what a notice says, in the language now active."""
    kind = KINDS.get(notice.kind)
    if kind is None:  # told by a release that knew the kind
        return f"{notice.kind} {notice.target}"
    language = translation.get_language() or LANGUAGES[0]
    said = {
        name: word.get(language, word[LANGUAGES[0]]) if isinstance(word, dict) else word
        for name, word in notice.words.items()
    }
    return str(kind.sentence) % _Said(said)


class _Said(dict):
    """The words of a notice; one that an older release did not give reads as a dash."""

    def __missing__(self, name: str) -> str:
        return "–"


def _for(user: User) -> Q:
    """Return which notices are for a person, or for the roles that they hold now."""
    wanted = Q(person=user)
    for role, organization_id in user.live_roles():
        wanted |= Q(role=role) & (Q(organization=None) | Q(organization=organization_id))
    return wanted


ONCE = ("kind", "target", "told_at", "words")
"""What is alike in what was told to several roles in one go: a person reads it once."""


def _once(notice: Notice) -> tuple[Any, ...]:
    words = json.dumps(notice.words, sort_keys=True)
    return (notice.kind, notice.target, notice.told_at, words, notice.settled_at)


def inbox(user: User, *, latest: int = LATEST) -> list[Line]:
    """Return the latest notices for a person's roles, newest first. Two queries beside them.

    What was told to several of their roles comes once, and is seen when each of it is.
    """
    # told to each role at most once: so many are enough
    many = latest * max(1, len(set(user.live_roles())))
    rows = list(Notice.objects.filter(_for(user)).order_by("-told_at", "-pk")[:many])
    alike: dict[tuple[Any, ...], list[Notice]] = {}
    for notice in rows:
        alike.setdefault(_once(notice), []).append(notice)
    found = [group[0] for group in alike.values()][:latest]
    seen = NoticeSeen.objects.filter(notice__in=rows, user=user)
    unseen = {notice.pk for notice in rows} - set(seen.values_list("notice_id", flat=True))
    known = {
        group[0].pk for group in alike.values() if not any(notice.pk in unseen for notice in group)
    }
    return [
        Line(
            id=notice.pk,
            kind=notice.kind,
            sentence=sentence(notice),
            target=notice.target,
            told_at=notice.told_at,
            due_on=notice.due_on,
            seen=notice.pk in known,
            settled=notice.settled_at is not None,
        )
        for notice in found
    ]


def unseen(user: User) -> int:
    """Return how many notices for a person's roles they have not seen and nobody has settled.

    What was told to several of their roles counts once.
    """
    seen = NoticeSeen.objects.filter(notice=OuterRef("pk"), user=user)
    rows = Notice.objects.open().filter(_for(user)).exclude(Exists(seen))
    return rows.values(*ONCE).distinct().count()


def see(user: User, *, at: datetime, only: int | None = None) -> None:
    """Note that a person has seen their notices, or one of them. No audit entry: it moves nothing.

    A notice that is not theirs is left alone; one that was told to several of their roles is seen
    for all of them.
    """
    mine = Notice.objects.filter(_for(user))
    if only is not None:
        mine = mine.filter(Exists(_alike(mine.filter(pk=only))))
    fresh = mine.exclude(pk__in=NoticeSeen.objects.filter(user=user).values("notice"))
    NoticeSeen.objects.bulk_create(
        [NoticeSeen(notice=notice, user=user, seen_at=at) for notice in fresh],
        ignore_conflicts=True,
    )


def mail_due(*, at: datetime) -> int:
    """Send the mails of notices that are due; returns how many notices were done.

    An address that the mail server refuses for good gets none. One that it does not take for now
    is tried again at growing distances (`accounts.mailing.WAITS`), then given up, and the
    operators are told; the others have theirs. A server that is down ends the turn. A notice whose
    role nobody with an address holds is done without a mail. Each is one transaction, so that none
    is sent twice by two workers; a process that dies between sending and writing that down may
    repeat one.
    """
    done = 0
    for _turn in range(MAILS_A_TURN):
        sent = _mail_next(at)
        if sent is None:
            break
        done += sent
    return done


@transaction.atomic
def _mail_next(at: datetime) -> int | None:
    """Mail the first notice, with what was told alike to other roles: each address has it once.

    Returns how many notices that were, 0 where they wait for an address, None where nothing is
    due or the mail server is down. The first of those alike is locked first, and by it alone the
    others are reached: two workers never have parts of the same.
    """
    waiting = Notice.objects.unmailed()
    earlier = _alike(waiting).filter(pk__lt=OuterRef("pk"))
    notice = (
        waiting.mailable(at)
        .filter(~Exists(earlier))
        .select_for_update(skip_locked=True, of=("self",))
        .order_by("pk")
        .first()
    )
    if notice is None:
        return None
    same = {name: getattr(notice, name) for name in ONCE}
    alike = list(waiting.filter(**same).select_for_update(of=("self",)).order_by("pk"))
    people = {place: pk for one in alike for place, pk in _people(one, at).items()}
    left = {place: pk for place, pk in people.items() if pk not in notice.mail_reached}
    handed = _mail(notice).hand_to(sorted(left))
    reached = {left[place] for place, what in handed.items() if what in DONE_WITH}
    rows = Notice.objects.filter(pk__in=[one.pk for one in alike])
    if reached == set(left.values()):
        return _mailed(rows, at)
    notice.mail_reached = [*notice.mail_reached, *sorted(reached)]
    if Handed.NO_SERVER in handed.values():
        rows.update(mail_reached=notice.mail_reached, mail_due_at=at + mailing.REST)
        return None
    return _put_off(notice, rows, at)


DONE_WITH = (Handed.TAKEN, Handed.REFUSED)
"""After these an address is not tried again."""


def _mailed(rows: QuerySet[Notice], at: datetime) -> int:
    """Note that notices need no mail any more; whom it reached is forgotten."""
    return rows.update(mailed_at=at, mail_due_at=None, mail_reached=[])


def _put_off(notice: Notice, rows: QuerySet[Notice], at: datetime) -> int:
    """Try who is left later, or give up; returns how many notices are done by that."""
    tries = notice.mail_tries + 1
    due_at = mailing.next_try(tries, at=at)
    if due_at is None:
        tell_of_lost_mail(f"notice:{notice.pk}", _receiver(notice), at=at)
        return _mailed(rows, at)
    rows.update(mail_reached=notice.mail_reached, mail_tries=tries, mail_due_at=due_at)
    return 0


def tell_of_lost_mail(target: str, receiver: str | Promise, *, at: datetime) -> None:
    """Tell the operators that a mail was given up: to what kind of receiver, and to no address.

    The address may be a member's, and who a member is no desk sees.
    """
    tell("mail.given_up", organization=None, target=target, at=at, receiver=receiver)


def _receiver(notice: Notice) -> str | Promise:
    """Return who was to have a mail: a role and where it is held; of a member only that."""
    if notice.person_id is not None:
        return gettext_lazy("a member of the public")
    role = Role(notice.role).label
    if notice.organization is None:
        return role
    return format_lazy("{role} ({place})", role=role, place=notice.organization)


def _alike(rows: QuerySet[Notice]) -> QuerySet[Notice]:
    """Return those of rows that say the same as the row of the query around."""
    return rows.filter(**{name: OuterRef(name) for name in ONCE})


def _people(notice: Notice, at: datetime) -> dict[str, int]:
    """Return who holds the role, and who acts for a holder today, by their addresses.

    Of a notice to one person it is theirs, while their account is open.
    """
    if notice.person is not None:
        own = {notice.person.email: notice.person.pk} if notice.person.is_active else {}
        return {place: pk for place, pk in own.items() if place}
    held = Membership.objects.live().filter(role=notice.role, user__is_active=True)
    lent = Delegation.objects.on(timezone.localdate(at)).filter(role=notice.role)
    if notice.organization_id is not None:
        held = held.filter(organization=notice.organization_id)
        lent = lent.filter(organization=notice.organization_id)
    acting = [(one.to.email, one.to.pk) for one in lent.select_related("to") if _acts(one)]
    holders = held.order_by("pk").values_list("user__email", "user")
    return {place: pk for place, pk in (*holders, *acting) if place}


def _acts(delegation: Delegation) -> bool:
    """Whether a delegation gives its colleague the role, as both stand now."""
    wanted = (delegation.role, delegation.organization_id, delegation.holder_id)
    return any(
        right.lent_by is not None
        and (right.role, right.organization_id, right.lent_by.id) == wanted
        for right in delegation.to.rights()
    )


MEMBERS_PAGES = {
    "request": "/my/applications/%s/",
    "grant": "/my/applications/grants/%s/",
    "wish": "/wishes/%s",
    "entry": "/my/contests/#entry-%s",
    "comment": "/my/talk/#comment-%s",  # also where it is not shown to others
}
"""Where companies and members look at what they were told of, by its kind; else at /my/."""


def page_at_door(target: str) -> str:
    """Return the path at the members' door of what a notice is about."""
    kind, _colon, number = target.partition(":")
    place = MEMBERS_PAGES.get(kind)
    return place % number if place and number.isdigit() else "/my/"


@dataclass(frozen=True, slots=True)
class _Mail:
    """A notice as a mail, Chinese first; each addressee gets one of their own."""

    subject: str
    body: str

    def hand_to(self, addresses: list[str]) -> dict[str, Handed]:
        """Hand it over for each, until the mail server is gone; returns what became of it."""
        handed: dict[str, Handed] = {}
        for address in addresses:
            letter = EmailMessage(self.subject, self.body, to=[address])
            handed[address] = mailing.hand_over(letter)
            if handed[address] == Handed.NO_SERVER:
                break
        return handed


def _mail(notice: Notice) -> _Mail:
    said = []
    for language in LANGUAGES:
        with translation.override(language):
            due = _("Due on %(day)s.") % {"day": notice.due_on} if notice.due_on else ""
            said.append(f"{sentence(notice)} {due}".strip())
    outside = notice.person_id is not None or notice.role in COMPANY_ROLES
    door = page_at_door(notice.target) if outside else "/office/"
    where = f"{settings.PUBLIC_BASE_URL}{door}"
    subject = " ".join(said[0].split())[:120]
    return _Mail(subject, "\n\n".join([*said, where]))
