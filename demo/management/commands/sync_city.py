"""`manage.py sync_city`: has a running worker sync the demo's sources, and prints what came."""

import time

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from demo import growing, report
from demo.entries import ENTRIES
from demo.unfinished import TROUBLED
from exchange.models import Binding, RunState, SyncRun
from exchange.models.runs import RUNNING
from exchange.tasks import sync

SECONDS_TO_START = 90
SECONDS_IN_ALL = 1800
LOOK_SECONDS = 0.2


class Command(BaseCommand):
    """Sends the syncs that are still wanting through Celery and waits for the runs."""

    help = __doc__ or ""

    def handle(self, *_args, **_options):
        bindings = {
            binding.pk: binding
            for binding in Binding.objects.filter(
                resource__dataset__slug__in=[entry.slug for entry in ENTRIES]
            ).select_related("resource__dataset")
        }
        small = {one.pk: one for _small, one in growing.bindings(dated_back=False)}
        bindings |= small
        last = SyncRun.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
        waiting = {pk for pk, binding in bindings.items() if _wants_a_run(binding)}
        for pk in sorted(waiting):
            sync.delay(pk)
        ended = list(self._ended(waiting, last, bindings, quiet=set(small)))
        failed = [run for run in ended if run.state != RunState.DONE]
        read = [run.read for run in ended if run.binding_id in small]
        if read:
            self.stdout.write(f"  {len(read)} smaller datasets: done, {sum(read):,} rows read")
        self.stdout.write("\n" + report.table(report.of_city()))
        self._let_trouble_come()
        if failed:
            raise CommandError("\n".join(f"{run.binding}: {run.problem}" for run in failed))

    def _let_trouble_come(self):
        """Run what is known to end held back or failed: it is work for the desks."""
        wanted = Binding.objects.filter(
            resource__dataset__slug__in=[one.slug for one in TROUBLED], runs=None
        )
        bindings = {b.pk: b for b in wanted.select_related("resource__dataset")}
        last = SyncRun.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
        for pk in sorted(bindings):
            sync.delay(pk)
        for run in self._ended(set(bindings), last, bindings):
            if run.state == RunState.DONE:
                raise CommandError(f"{run.binding} should not have gone live.")

    def _ended(self, waiting, last, bindings, quiet=frozenset()):
        """Yield each run as it ends, telling of each change of state of all but the `quiet`."""
        seen: dict[int, str] = {}
        started = time.monotonic()
        while waiting:
            self._wait(started, seen)
            runs = SyncRun.objects.filter(binding__in=waiting, pk__gt=last).order_by("pk")
            for run in runs.select_related("binding__resource"):
                slug = bindings[run.binding_id].resource.dataset.slug
                if seen.get(run.pk) != run.state:
                    seen[run.pk] = run.state
                    if run.binding_id not in quiet:
                        self.stdout.write(f"  {slug}: {_told(run)}")
                        self.stdout.flush()
                if run.state not in RUNNING:
                    waiting.discard(run.binding_id)
                    yield run

    def _wait(self, started: float, seen: dict[int, str]) -> None:
        passed = time.monotonic() - started
        if passed > SECONDS_IN_ALL or (passed > SECONDS_TO_START and not seen):
            raise CommandError(
                "No worker has finished the syncs in time. The end of worker.log says why; start"
                " again to go on from here."
            )
        time.sleep(LOOK_SECONDS)


def _wants_a_run(binding: Binding) -> bool:
    """Whether no run of the binding as it is now has gone live."""
    last = SyncRun.objects.filter(binding=binding).order_by("-pk").first()
    if last is None or last.state != RunState.DONE:
        return True
    return bool(binding.cursor_column) and not binding.checkpoint


def _told(run: SyncRun) -> str:
    if run.state != RunState.DONE or run.ended_at is None:
        return str(run.state)
    passed = min(run.ended_at, timezone.now()) - run.started_at
    return (
        f"done, {run.read:,} rows read, {run.rejected + run.duplicates:,} turned away"
        f" ({passed.total_seconds():.1f} s)"
    )
