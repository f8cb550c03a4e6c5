"""The peer of the records page: a plain DRF list view over the very same table, by the book.

No key, no quota, no policy, no note of the read: what a project has that starts from
`ListAPIView`. Served by the same server with the same workers and pool.
"""

import os

import django
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.db import models
from django.urls import path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
settings.ROOT_URLCONF = "bench.peer"
settings.MIDDLEWARE = []
django.setup()

from rest_framework import generics, pagination, renderers, serializers  # noqa: E402

COLUMNS = os.environ["BENCH_COLUMNS"].split(",")
SCHEMA, TABLE = os.environ["BENCH_TABLE"].split(".")
KINDS = {
    "integer": models.BigIntegerField,
    "decimal": lambda **over: models.DecimalField(max_digits=20, decimal_places=2, **over),
    "double": models.FloatField,
    "date": models.DateField,
    "datetime": models.DateTimeField,
    "boolean": models.BooleanField,
    "text": models.TextField,
}


def _model() -> type[models.Model]:
    meta = type(
        "Meta", (), {"managed": False, "db_table": f'{SCHEMA}"."{TABLE}', "app_label": "x"}
    )
    fields: dict[str, object] = {"Meta": meta, "__module__": __name__}
    fields["pk_id"] = models.BigIntegerField(primary_key=True, db_column="_id")
    for column in COLUMNS:
        name, kind, place = column.split(":")
        fields[name] = KINDS[kind](db_column=place)
    return type("Thing", (models.Model,), fields)


Thing = _model()


class ThingSerializer(serializers.ModelSerializer):
    """Every column."""

    class Meta:
        model = Thing
        fields = "__all__"


class Paging(pagination.CursorPagination):
    """Pages of a hundred rows by the primary key."""

    page_size = 100
    ordering = "pk_id"


class Things(generics.ListAPIView):
    """The rows."""

    queryset = Thing.objects.all()
    serializer_class = ThingSerializer
    pagination_class = Paging
    renderer_classes = [renderers.JSONRenderer]
    authentication_classes: list = []
    permission_classes: list = []


urlpatterns = [path("things", Things.as_view())]
application = get_wsgi_application()
