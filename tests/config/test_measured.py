"""What `make bench` measures is served as the city is."""

import yaml

from bench import pages
from tests import services

COMPOSE = yaml.safe_load((services.ROOT / "docker-compose.yml").read_text())["services"]


def test_the_bench_serves_with_as_many_threads_as_the_city():
    said = [
        part
        for service in COMPOSE.values()
        for part in service.get("command") or []
        if str(part).startswith("--blocking-threads=")
    ]

    assert said
    assert set(said) == {f"--blocking-threads={pages.THREADS}"}
