import json
import re

import pytest

from hotline.web import assets

ROOMS = [assets.HERE.parents[1] / room for room in ("hotline", "triage", "ivr")]


def test_what_is_there_is_not_fetched_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object) -> None:
        raise AssertionError("fetched again")

    monkeypatch.setattr(assets, "_fetch_archives", never)
    assert assets.fetch() is False


def test_a_failure_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(assets, "VENDOR", tmp_path / "vendor")
    monkeypatch.setenv("npm_config_registry", "http://127.0.0.1:9")
    monkeypatch.setenv("npm_config_fetch_retries", "0")
    monkeypatch.setenv("npm_config_cache", str(tmp_path / "cache"))
    assert assets.main() == 1
    assert "python -m hotline.web.assets" in capsys.readouterr().err
    assert not (tmp_path / "vendor").exists()


def test_an_archive_that_is_not_the_one_in_the_lock_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path, capsys: pytest.CaptureFixture[str]
) -> None:
    def tampered(work, wanted: list[str]) -> None:
        for name in wanted:
            package, _, version = name.rpartition("@")
            plain = package.strip("@").replace("/", "-")
            (work / f"{plain}-{version}.tgz").write_bytes(b"something else")

    monkeypatch.setattr(assets, "VENDOR", tmp_path / "vendor")
    monkeypatch.setattr(assets, "_npm_pack", tampered)
    assert assets.main() == 1
    assert "package-lock.json" in capsys.readouterr().err
    assert not (tmp_path / "vendor").exists()


def test_every_package_is_pinned_by_digest_and_by_no_address() -> None:
    packages = json.loads((assets.HERE / "package-lock.json").read_text())["packages"]
    fetched = {name: package for name, package in packages.items() if name}
    assert len(fetched) >= 4
    assert all(package["integrity"].startswith("sha512-") for package in fetched.values())
    assert not any("resolved" in package for package in fetched.values())


def test_every_icon_that_a_template_names_is_in_the_sprite() -> None:
    named = {
        name
        for room in ROOMS
        for template in room.rglob("templates/**/*.html")
        for name in re.findall(r'icon\("([a-z0-9-]+)"', template.read_text())
    }
    assert len(named) > 10
    assert named <= set(assets.ICONS)


def test_the_sprite_holds_a_drawing_for_each_name() -> None:
    sprite = (assets.VENDOR / "icons.svg").read_text()
    drawn = dict(re.findall(r'<symbol id="([^"]+)"[^>]*>(.*?)</symbol>', sprite))
    assert set(drawn) == set(assets.ICONS)
    assert all(shapes.strip().startswith("<") for shapes in drawn.values())
