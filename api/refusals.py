"""Every code of a refusal: its HTTP statuses, what it means, and what to do.

The page to which the `type` of a problem leads. A test compares it with the classes themselves.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Refusal:
    """What a code stands for; `told` is said to a person: what happened, and what to do."""

    code: str
    statuses: tuple[int, ...]
    told: Promise


REFUSALS = (
    Refusal(
        "query-refused",
        (400,),
        _(
            "A parameter or a value cannot be understood. The sentence says which, and what "
            "is allowed."
        ),
    ),
    Refusal(
        "measure-refused",
        (400,),
        _("A figure or a unit of time does not fit its field. The sentence says what would."),
    ),
    Refusal(
        "counting-refused",
        (400,),
        _("A dataset cannot be counted by what was named. The sentence says why."),
    ),
    Refusal(
        "only-counted",
        (403,),
        _(
            "The dataset is open by counts alone: its rows are not given one by one, and small "
            "groups are not told. The sentence names what it can be counted by."
        ),
    ),
    Refusal(
        "counting-settled",
        (409,),
        _("The dataset is published, so how it is counted can only be made stricter."),
    ),
    Refusal(
        "field-unknown",
        (400,),
        _("There is no such field. Use one of those the sentence names."),
    ),
    Refusal(
        "area-refused",
        (400,),
        _(
            "A box, a distance, a region or a tile cannot be understood. The sentence says how "
            "one is written; all are in WGS84, longitude before latitude."
        ),
    ),
    Refusal(
        "no-place",
        (400,),
        _("The dataset declares no coordinates. Filter by one of the fields that are named."),
    ),
    Refusal(
        "cursor-broken",
        (400,),
        _(
            "The cursor was altered or belongs to another query. Begin without one and "
            "follow “next” as it is."
        ),
    ),
    Refusal(
        "key-in-url",
        (400,),
        _("The address carries a key. Send it in a header, and revoke it if it was a real one."),
    ),
    Refusal(
        "claims-unfit",
        (400,),
        _(
            "The claims to be verified cannot be understood. The sentence says which one, "
            "and what is allowed."
        ),
    ),
    Refusal(
        "source-unfit",
        (400,),
        _("A source or binding cannot work as described. Change what the sentence names."),
    ),
    Refusal(
        "adoption-refused",
        (400,),
        _("The fields as chosen cannot be taken up, and nothing was made. Change the choice."),
    ),
    Refusal(
        "schedule-unfit",
        (400,),
        _("No schedule can have this number. The sentence gives the range."),
    ),
    Refusal(
        "still-broken",
        (400,),
        _("The corrected row breaks a rule as well. Correct what the sentence names."),
    ),
    Refusal(
        "upload-refused",
        (400,),
        _(
            "The file is not taken, for its name, size or kind, or because one of its name "
            "is there."
        ),
    ),
    Refusal(
        "request-unfit",
        (400,),
        _("What was asked for, or answered, does not fit. Change what the sentence names."),
    ),
    Refusal(
        "use-unfit",
        (400,),
        _("The use record does not fit the grant, or lacks something. The sentence says what."),
    ),
    Refusal(
        "address-unreadable",
        (400,),
        _("The address holds a character that no text can hold (NUL). Take it out."),
    ),
    Refusal(
        "host-not-served",
        (400,),
        _("The platform does not go by the name it was called by. Use the address given to you."),
    ),
    Refusal(
        "body-unreadable",
        (400, 413),
        _("The body cannot be read. Send what the API's document says, in its media type."),
    ),
    Refusal(
        "basis-gone",
        (400,),
        _("The article leaned on is not in force. Name another basis."),
    ),
    Refusal(
        "grant-unfit",
        (400,),
        _("A grant cannot be made as asked. Change what the sentence names."),
    ),
    Refusal(
        "problem",
        (400, 422),
        _("Something was refused. The sentence says what and why."),
    ),
    Refusal(
        "key-unknown",
        (401,),
        _("There is no such key. Copy it whole, or make another."),
    ),
    Refusal(
        "key-revoked",
        (401,),
        _("The key was revoked. Make another."),
    ),
    Refusal(
        "key-expired",
        (401,),
        _("The key has run out. Make another."),
    ),
    Refusal(
        "key-elsewhere",
        (403,),
        _("The key is bound to other network addresses. Call from one of them."),
    ),
    Refusal(
        "key-not-for-dataset",
        (403,),
        _("The key is bound to other datasets. Use one bound to this one too, or to none."),
    ),
    Refusal(
        "key-missing",
        (401,),
        _("This part of the API takes a department's key only. Send one in a header."),
    ),
    Refusal(
        "app-closed",
        (401,),
        _("The key's app was closed. Register another app."),
    ),
    Refusal(
        "organization-closed",
        (401, 409),
        _("The organisation was closed. Work with its successor."),
    ),
    Refusal(
        "not-allowed",
        (403,),
        _("You do not hold the right for this. The sentence says who does."),
    ),
    Refusal(
        "field-masked",
        (403,),
        _("The query leans on a field that you see masked. Use one that you see in clear."),
    ),
    Refusal(
        "field-withheld",
        (403,),
        _("The query names a field that is withheld from you. Leave it out; the reasons say why."),
    ),
    Refusal(
        "feed-scoped",
        (403,),
        _(
            "Your grant covers some rows only, and the change feed tells of all. Read the "
            "rows page by page."
        ),
    ),
    Refusal(
        "conditional-only",
        (403,),
        _(
            "The dataset is open under conditions only. A company applies for a grant; its keys"
            " then read the rows."
        ),
    ),
    Refusal(
        "nothing-open",
        (403,),
        _("No field of the dataset is open to the public or to companies. The reasons say why."),
    ),
    Refusal(
        "file-withheld",
        (403,),
        _("The file is not for everybody. The sentence says why."),
    ),
    Refusal(
        "not-a-department",
        (403,),
        _("The key belongs to a company. Use the open API."),
    ),
    Refusal(
        "grant-missing",
        (403,),
        _("Your department holds no such grant on the dataset. Ask for one."),
    ),
    Refusal(
        "grant-not-live",
        (403,),
        _(
            "The grant has not begun, is suspended, or has ended. The sentence says which, "
            "and what to do."
        ),
    ),
    Refusal(
        "mode-not-granted",
        (403,),
        _("The grant is for another way of use. Use it so, or ask for another."),
    ),
    Refusal(
        "not-found",
        (404,),
        _("There is nothing at this address. Compare it with the description of the API."),
    ),
    Refusal(
        "dataset-unknown",
        (404,),
        _("There is no published dataset of this name. Look at the list of datasets."),
    ),
    Refusal(
        "not-published-then",
        (404,),
        _("The dataset had not been published on that day. Choose a later day."),
    ),
    Refusal(
        "no-table",
        (404,),
        _("The dataset offers files, interfaces or links, and no rows. The sentence names them."),
    ),
    Refusal(
        "file-unknown",
        (404,),
        _("The dataset offers no file of this name. Its description names those that it offers."),
    ),
    Refusal(
        "grant-unknown",
        (404,),
        _("There is no such grant, or your department is no party to it. Look at your grants."),
    ),
    Refusal(
        "agreement-missing",
        (404,),
        _("No agreement is kept of this grant. Its terms stand with the grant itself."),
    ),
    Refusal(
        "request-unknown",
        (404,),
        _("Your department asked no such request. Look at the list of its requests."),
    ),
    Refusal(
        "policy-without-fields",
        (404,),
        _("The dataset has no field that a policy could speak of."),
    ),
    Refusal(
        "method-not-allowed",
        (405,),
        _("This address does not take the method. “Allow” says which it takes."),
    ),
    Refusal(
        "not-acceptable",
        (406,),
        _("The address has none of the forms that “Accept” names. Leave that header out."),
    ),
    Refusal(
        "wrong-state",
        (409,),
        _(
            "The thing is not in a state that allows this step. Look at it again; the "
            "sentence says what is possible."
        ),
    ),
    Refusal(
        "incomplete",
        (409,),
        _("Things are missing; all of them are named at once. Add them, then try again."),
    ),
    Refusal(
        "request-incomplete",
        (409,),
        _("The request lacks something; all of it is named at once. Add it, then try again."),
    ),
    Refusal(
        "reference-used",
        (409,),
        _("Your app asked for something else under this reference. Take another one."),
    ),
    Refusal(
        "rows-not-ready",
        (409,),
        _("The dataset is published, but no sync has brought rows yet. Try again later."),
    ),
    Refusal(
        "grant-ambiguous",
        (409,),
        _("Several grants of yours would do. Name one by “grant”."),
    ),
    Refusal(
        "no-subject-key",
        (409,),
        _("The dataset declares no key, so nobody can be found in it. Ask its department."),
    ),
    Refusal(
        "already-running",
        (409,),
        _("Another run holds this dataset. Wait until it has ended."),
    ),
    Refusal(
        "wrong-run-state",
        (409,),
        _("The run is not in the state that this step needs. Look at it again."),
    ),
    Refusal(
        "source-in-use",
        (409,),
        _("Tables are bound to the source, so it stays. Unbind them first."),
    ),
    Refusal(
        "rejected-gone",
        (409,),
        _("None of the rows is there any more: corrected, discarded or too old."),
    ),
    Refusal(
        "dataset-withdrawn",
        (409, 410),
        _("The dataset was withdrawn; day and reason are given. Look for another."),
    ),
    Refusal(
        "feed-gone",
        (410,),
        _("The change feed does not reach back that far. Take a full copy."),
    ),
    Refusal(
        "source-refused",
        (422,),
        _("The source answered, and said no. Look at user, password and rights."),
    ),
    Refusal(
        "password-refused",
        (422,),
        _("The database does not know the user, or the password is another."),
    ),
    Refusal(
        "database-unknown",
        (422,),
        _("The server has no database of this name, or the user may not connect to it."),
    ),
    Refusal(
        "nothing-readable",
        (422,),
        _("The sign-in works, and there is nothing that may be read. Ask for the right to read."),
    ),
    Refusal(
        "tls-refused",
        (422,),
        _("An encrypted connection did not come about. Look at the certificate."),
    ),
    Refusal(
        "host-not-allowed",
        (422,),
        _("The host is not on the system administrator's list. Ask for it to be added."),
    ),
    Refusal(
        "path-not-allowed",
        (422,),
        _("The file lies outside the folders that may be read. Move it there."),
    ),
    Refusal(
        "file-missing",
        (422,),
        _("There is no such file. Compare its name."),
    ),
    Refusal(
        "file-broken",
        (422,),
        _("The file as a whole cannot be read. Make it anew."),
    ),
    Refusal(
        "sheet-missing",
        (422,),
        _("The workbook does not have the bound sheet. Compare its name."),
    ),
    Refusal(
        "header-mismatch",
        (422,),
        _("The header does not have the bound columns. Compare their names."),
    ),
    Refusal(
        "column-vanished",
        (422,),
        _("A bound column is not in the source any more. Bind another."),
    ),
    Refusal(
        "source-empty",
        (422,),
        _("The source has no row at all, which is held to be a fault. Look at the source."),
    ),
    Refusal(
        "too-wide",
        (422,),
        _("There are more columns than a table of the catalogue can have. Choose fewer."),
    ),
    Refusal(
        "nothing-to-read",
        (422,),
        _("No field is bound, or none may be stored. Bind one."),
    ),
    Refusal(
        "catalog-refusal",
        (422,),
        _("The catalogue refuses this. The sentence says why."),
    ),
    Refusal(
        "secret-refused",
        (422,),
        _(
            "State secrets, work secrets and core data are not registered here (Order 809, "
            "article 3)."
        ),
    ),
    Refusal(
        "grade-refused",
        (422,),
        _("A grade lacks its reason, or its mask does not work. Change it."),
    ),
    Refusal(
        "entry-refused",
        (422,),
        _("What was to be entered does not fit the catalogue. Change what the sentence names."),
    ),
    Refusal(
        "basis-refused",
        (422,),
        _("The legal basis does not carry this, or was not read word for word."),
    ),
    Refusal(
        "line-refused",
        (422,),
        _("The line of the negative list cannot be made or published like this."),
    ),
    Refusal(
        "workbook-refused",
        (422,),
        _("The workbook is not the table it should be, is too large, or could do harm."),
    ),
    Refusal(
        "file-refused",
        (422,),
        _("The file is too large, of another kind, or not what its name says."),
    ),
    Refusal(
        "rate-exceeded",
        (429,),
        _("There were too many calls in a minute. Wait as long as “Retry-After” says."),
    ),
    Refusal(
        "quota-exceeded",
        (429,),
        _("Today's calls are used up. Come after midnight, or ask for more."),
    ),
    Refusal(
        "grant-quota-exceeded",
        (429,),
        _("Today's calls under the grant are used up. Come after midnight, or ask anew."),
    ),
    Refusal(
        "tries-used-up",
        (429,),
        _("Too many claims did not match today. Come after midnight."),
    ),
    Refusal(
        "fault",
        (500,),
        _("Something of ours failed. Try again later, and report the request id."),
    ),
    Refusal(
        "batch-unknown",
        (404,),
        _("Your department has no such batch. Take the number that came with the answer to POST."),
    ),
    Refusal(
        "batch-not-ready",
        (409,),
        _("The file is not written yet. Ask for its state again later."),
    ),
    Refusal(
        "batch-gone",
        (410,),
        _("There is no file, or none any more. The sentence says why; ask for a new one."),
    ),
    Refusal(
        "ledger-unbalanced",
        (500,),
        _("A run's counts do not add up, so it does not go live. Report it."),
    ),
    Refusal(
        "source-unavailable",
        (503,),
        _("The source did not answer. Try again later."),
    ),
    Refusal(
        "host-unknown",
        (503,),
        _("No address is known for the host's name. Compare the name."),
    ),
    Refusal(
        "port-closed",
        (503,),
        _("Nothing listens on the port of the host. Compare the port."),
    ),
    Refusal(
        "file-unreadable",
        (503,),
        _("The file is in the catalogue, and cannot be read just now. Try again later."),
    ),
    Refusal(
        "query-too-slow",
        (503,),
        _("The query was stopped at the time limit. Use fewer or other filters, or the download."),
    ),
    Refusal(
        "rows-replaced",
        (503,),
        _(
            "The rows were replaced again and again while they were read. Wait as long as "
            "“Retry-After” says."
        ),
    ),
    Refusal(
        "quota-unavailable",
        (503,),
        _(
            "Calls cannot be counted just now, so none is answered. Wait as long as "
            "“Retry-After” says."
        ),
    ),
)

TITLES: Mapping[int, Promise] = {
    400: _("The request does not fit"),
    401: _("The key does not work"),
    403: _("Not allowed"),
    404: _("Not there"),
    405: _("Not by this method"),
    406: _("No such form"),
    409: _("Not in this state"),
    410: _("Gone"),
    413: _("Too much at once"),
    415: _("No such media type"),
    422: _("The content does not fit"),
    429: _("Too many calls"),
    500: _("A fault of ours"),
    503: _("Not at the moment"),
}
"""What a status says in short, in the reader's language."""
