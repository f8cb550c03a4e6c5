"""`manage.py trace FILE`: under which grant was a leaked file given out? Exits with 1 if none."""

import hashlib
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone, translation

from audit import chain
from exchange.models import BatchJob
from exchange.sharing import leaks, tracing
from exchange.sharing.tracing import Finding, Traced


class Command(BaseCommand):
    """Looks for the marks of batch files in a CSV file or JSON lines, whole or a part of one.

    docs/batches.md says what it can show and what not. What was found is in the audit trail."""

    help = __doc__ or ""

    def add_arguments(self, parser):
        parser.add_argument("file", type=Path, help="the leaked file")
        parser.add_argument("--dataset", default="", help="its slug, where it is known")

    @translation.override("en")  # as all commands speak
    def handle(self, *_args, file, dataset, **_options):
        try:
            traced = tracing.trace(leaks.read(file), slug=dataset)
        except (leaks.LeakUnreadable, tracing.DatasetWithoutBatches) as refused:
            raise CommandError(str(refused)) from refused
        _note(file, traced)
        self.stdout.write(
            f"{traced.rows} rows were read; the number of {traced.numbered} is known;"
            f" {traced.grants} grants were looked at."
        )
        if not traced.findings:
            raise CommandError(
                "No grant found. The file bears no mark of a batch file: it was not given out as"
                " one, or was sorted anew, or too few of its rows are known. If you know the"
                " dataset and columns were renamed, name it by --dataset."
            )
        for found in traced.findings:
            self.stdout.write(_told(found))


def _told(found: Finding) -> str:
    grant = found.grant
    evidence = {
        "order": f"{found.found} of {found.looked_at} neighbouring rows stand in its order",
        "column": f"{found.found} of {found.looked_at} tokens are made with its key",
    }
    sure = f"by chance in fewer than one of 10^{int(-found.chance)} cases"
    made = BatchJob.objects.filter(grant=grant).exclude(made_at=None).order_by("made_at")
    jobs = ", ".join(f"no. {one.pk} of {timezone.localtime(one.made_at):%Y-%m-%d}" for one in made)
    return (
        f"Grant {grant.pk}, given to {grant.organization} for {grant.dataset}:\n"
        f"  {evidence[found.by]}, {sure}.\n"
        f"  Batch files under it: {jobs}."
    )


@transaction.atomic
def _note(file: Path, traced: Traced) -> None:
    chain.record(
        "batch.trace",
        "trace:file",
        by=None,
        at=timezone.now(),
        sha256=hashlib.sha256(file.read_bytes()).hexdigest(),
        rows=traced.rows,
        grants=[one.grant.pk for one in traced.findings],
    )
