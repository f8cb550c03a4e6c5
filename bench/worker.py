"""A worker of its own for `bench.syncs`: sync a binding as often as told, print the peak memory.

The measuring process has served other cases before, so its own peak would tell of those.
"""

import os
import sys

import django

from bench import stage


def main(binding: str, times: str) -> None:
    """Sync a binding and print the highest resident size of this process, in MB."""
    django.setup()
    from exchange.sync import engine  # noqa: PLC0415 - models stand after Django is set up

    for _time in range(int(times)):
        engine.sync(int(binding))
    print(stage.peak_memory(os.getpid()))


if __name__ == "__main__":
    main(*sys.argv[1:])
