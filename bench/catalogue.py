"""A catalogue of many published entries, put together in SQL and indexed in batches.

The entries are copies of one that was made through the verbs, with titles, owners and the rest
drawn by formula; `catalog.indexing` makes their rows of the search table, as for a verb.
"""

import time

from django.db import connection
from django.utils import timezone

from bench import words
from bench.city import City
from catalog import indexing
from catalog.models import Dataset
from policy.identifiers import is_uscc

ENTRIES = 200_000
DEPARTMENTS, SUBJECTS, REGIONS = 120, 40, 12
FIRST = 1_000_000  # ids of copies are above
SIGNS = "0123456789ABCDEFGHJKLMNPQRTUWXY"

PLACE_ROWS = """
INSERT INTO accounts_region SELECT made.* FROM generate_series(1, %(regions)s) i,
    jsonb_populate_record(NULL::accounts_region, jsonb_build_object(
        'id', 9000 + i, 'code', '98' || lpad(i::text, 4, '0'), 'code_system', 'local',
        'name_zh', '区' || i, 'name_en', 'District ' || i)) made;
INSERT INTO accounts_organization SELECT made.*
FROM accounts_organization o, generate_series(1, %(departments)s) i,
    jsonb_populate_record(o, jsonb_build_object(
        'id', 900000 + i, 'slug', 'bureau-' || i, 'uscc', (%(codes)s::text[])[i],
        'region_id', 9001 + i %% %(regions)s,
        'name_zh', (%(topics)s::text[])[%(n_topics)s + 1 - i] || '管理局',
        'name_en', 'Bureau ' || i)) made
WHERE o.id = %(owner)s;
INSERT INTO catalog_subject SELECT made.* FROM generate_series(1, %(subjects)s) i,
    jsonb_populate_record(NULL::catalog_subject, jsonb_build_object(
        'id', 900000 + i, 'code', lpad(i::text, 3, '0'),
        'name_zh', '主题' || i, 'name_en', 'Subject ' || i)) made;
"""
ENTRY_ROWS = """
SELECT setseed(0.42);
INSERT INTO catalog_dataset SELECT made.*
FROM (SELECT i, (%(places)s::text[])[1 + floor(random() * %(n_places)s)::int] AS place,
        (%(topics)s::text[])[1 + floor(power(random(), 2) * %(n_topics)s)::int] AS topic,
        (%(topics)s::text[])[1 + floor(power(random(), 2) * %(n_topics)s)::int] AS other,
        (%(topics)s::text[])[1 + floor(random() * %(n_topics)s)::int] AS more,
        (%(rares)s::text[])[1 + floor(random() * %(n_rares)s)::int] AS rare,
        (%(kinds)s::text[])[1 + floor(random() * %(n_kinds)s)::int] AS kind,
        900001 + floor(power(random(), 2) * %(departments)s) AS owner,
        900001 + floor(power(random(), 2) * %(subjects)s) AS subject
      FROM generate_series(%(first)s, %(entries)s) i) drawn, catalog_dataset d,
    jsonb_populate_record(d, jsonb_build_object(
        'id', 1000000 + i, 'slug', 'entry-' || i,
        'code', '3' || lpad(i::text, 12, '0') || '/000001',
        'owner_id', owner, 'subject_id', subject,
        'update_cycle', (ARRAY['daily', 'weekly', 'monthly', 'yearly', 'irregular'])[1 + i %% 5],
        'category', (ARRAY['department', 'department', 'theme', 'base'])[1 + i / 7 %% 4],
        'title_zh', place || CASE WHEN i %% 100 = 0 THEN rare ELSE topic END || other || kind,
        'title_en', 'Entry ' || i,
        'abstract_zh', '收有' || place || topic || '的' || kind || '，包括' || more || '与'
            || other || '，按期更新。')) made
WHERE d.id = %(dataset)s;
INSERT INTO catalog_resource SELECT made.*
FROM catalog_resource r, generate_series(%(first)s, %(entries)s) i,
    jsonb_populate_record(r, jsonb_build_object(
        'id', 1000000 + i, 'dataset_id', 1000000 + i)) made
WHERE r.dataset_id = %(dataset)s;
INSERT INTO catalog_field SELECT made.*
FROM catalog_field f, generate_series(%(first)s, %(entries)s) i, generate_series(0, 3) part,
    jsonb_populate_record(f, jsonb_build_object(
        'id', 1000000 + i * 4 + part, 'resource_id', 1000000 + i, 'name', 'field_' || part,
        'label_zh', (%(labels)s::text[])[1 + (i * 7 + part * 3) %% %(n_labels)s],
        'label_en', '', 'grade', 1 + i / (1 + part) / 13 %% 4,
        'share_type', (ARRAY['unconditional', 'conditional'])[1 + (i + part) / 7 %% 2],
        'open_type', (ARRAY['unconditional', 'conditional', 'not_open'])[1 + (i + part) / 11 %% 3]
    )) made
WHERE f.id = %(field)s;
ANALYZE catalog_dataset, catalog_resource, catalog_field;
"""


def build(city: City, entries: int = ENTRIES) -> float:
    """Fill the catalogue up to so many entries, and its search table.

    Returns how many milliseconds indexing took for an entry.
    """
    binding = city.dataset(masked=())
    pattern = binding.resource.dataset
    there = Dataset.objects.filter(pk__gt=FIRST).count()
    values = {
        "first": there + 1,
        "entries": entries,
        "departments": DEPARTMENTS,
        "subjects": SUBJECTS,
        "regions": REGIONS,
        "owner": pattern.owner_id,
        "codes": [credit_code(number) for number in range(1, DEPARTMENTS + 1)],
        "dataset": pattern.pk,
        "field": binding.resource.fields.earliest("position").pk,
    }
    lists = {
        "places": words.PLACES,
        "topics": words.TOPICS,
        "rares": words.RARE,
        "kinds": words.KINDS,
        "labels": words.LABELS,
    }
    for name, listed in lists.items():
        values |= {name: list(listed), f"n_{name}": len(listed)}
    with connection.cursor() as cursor:
        if not there:
            cursor.execute(PLACE_ROWS, values)
        cursor.execute(ENTRY_ROWS, values)
    start = time.perf_counter()
    _indexed()
    return (time.perf_counter() - start) / max(1, entries - there) * 1000


def credit_code(number: int) -> str:
    """Return a made-up code with the check character that fits."""
    body = f"11{number:015d}"
    return next(body + sign for sign in SIGNS if is_uscc(body + sign))


def _indexed() -> None:
    """Index all that has no row yet; the index over the words comes after the rows."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_indexdef('catalog_search_words'::regclass)")
        (made,) = cursor.fetchone()
        cursor.execute("DROP INDEX catalog_search_words")
        indexing.fill(at=timezone.now())
        cursor.execute(made)
        cursor.execute("VACUUM ANALYZE catalog_searchentry")
