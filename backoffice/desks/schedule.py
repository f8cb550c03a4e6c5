"""The beat's schedule, for the system administrator, in the dress of the other desks."""

from django.contrib import admin
from django_celery_beat.admin import (
    ClockedScheduleAdmin,
    CrontabScheduleAdmin,
    PeriodicTaskAdmin,
    PeriodicTaskForm,
    TaskSelectWidget,
)
from django_celery_beat.models import (
    ClockedSchedule,
    CrontabSchedule,
    IntervalSchedule,
    PeriodicTask,
    SolarSchedule,
)
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from backoffice.recorded import Recorded, recorded

for _model in (PeriodicTask, IntervalSchedule, CrontabSchedule, SolarSchedule, ClockedSchedule):
    admin.site.unregister(_model)


class TaskSelect(UnfoldAdminSelectWidget, TaskSelectWidget):
    """The choice among the tasks that workers know."""


class ScheduledTaskForm(PeriodicTaskForm):
    """A task and when it runs."""

    def __init__(self, *args, **kwargs):
        """Dress the two fields that are not the model's own."""
        super().__init__(*args, **kwargs)
        self.fields["task"].widget = UnfoldAdminTextInputWidget()
        self.fields["regtask"].widget = TaskSelect()


@admin.register(PeriodicTask)
class PeriodicTaskDesk(Recorded, PeriodicTaskAdmin, ModelAdmin):
    """What runs when."""

    form = ScheduledTaskForm
    enable_tasks = recorded(PeriodicTaskAdmin.enable_tasks)
    disable_tasks = recorded(PeriodicTaskAdmin.disable_tasks)
    toggle_tasks = recorded(PeriodicTaskAdmin.toggle_tasks)
    run_tasks = recorded(PeriodicTaskAdmin.run_tasks, "task.run")


@admin.register(IntervalSchedule)
class IntervalScheduleDesk(Recorded, ModelAdmin):
    """Every so often."""


@admin.register(CrontabSchedule)
class CrontabScheduleDesk(Recorded, CrontabScheduleAdmin, ModelAdmin):
    """At times of the clock and days of the week."""


@admin.register(SolarSchedule)
class SolarScheduleDesk(Recorded, ModelAdmin):
    """By the sun."""


@admin.register(ClockedSchedule)
class ClockedScheduleDesk(Recorded, ClockedScheduleAdmin, ModelAdmin):
    """Once, at a moment."""
