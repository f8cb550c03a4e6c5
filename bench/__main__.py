"""`make bench`: run the measurements in turn, print the table, write var/bench.json."""

import argparse
import json
import sys

from bench import stage

NAMES = (
    *("decision", "page", "depth", "csv", "counts", "kept", "repeated", "places", "office"),
    *("verify", "sync", "file", "relevance", "lists", "finding", "lighthouse", "search"),
)


def main() -> int:
    """Run the named cases, all by default; returns 1 where a floor does not hold."""
    parser = argparse.ArgumentParser(prog="bench")
    parser.add_argument("names", nargs="*", metavar="NAME")
    names = parser.parse_args().names or NAMES
    lines: list[stage.Line] = []
    with stage.services() as found:
        from bench import cases  # noqa: PLC0415 - Django reads its settings from the environment

        for name in names:
            lines += cases.CASES[name](found)
    _print(lines)
    path = stage.ROOT / "var" / "bench.json"
    path.write_text(json.dumps([line.as_dict() for line in lines], indent=1))
    print(f"written to {path}")
    return int(any(line.holds is False for line in lines))


def _print(lines: list[stage.Line]) -> None:
    form = "{:<44} {:>9} {:<8} {:<44} {:>6} {:>6} {}"
    print(form.format("what", "value", "unit", "against", "floor", "aim", "holds"))
    for line in lines:
        holds = {True: "yes", False: "NO", None: ""}[line.holds]
        floor = "" if line.floor is None else f"{line.floor:g}"
        aim = "" if line.aim is None else f"{line.aim:g}"
        value = f"{line.value:.3f}"
        print(form.format(line.name, value, line.unit, line.peer, floor, aim, holds))


if __name__ == "__main__":
    sys.exit(main())
