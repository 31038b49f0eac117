"""Where recordings lie."""

import io
import os

import pytest

from hotline import config, storage
from hotline.storage import StorageError


def stored(name: str) -> bytes:
    with storage.get(name) as content:
        return content.read()


def test_what_is_put_is_read(settings):
    content = os.urandom(3_000_001)
    storage.put("2026/11/RE1", io.BytesIO(content))
    assert stored("2026/11/RE1") == content
    with storage.get("2026/11/RE1") as reader:
        assert reader.read(5) == content[:5]
        assert reader.read(200_000) == content[5:200_005]


def test_what_is_put_again_replaces_the_whole(settings):
    storage.put("RE1", io.BytesIO(b"a long one" * 1000))
    storage.put("RE1", io.BytesIO(b"short"))
    assert stored("RE1") == b"short"


class Breaking(io.BytesIO):
    """Breaks off after the first piece."""

    def read(self, size: int | None = -1) -> bytes:
        if self.tell():
            raise OSError
        return super().read(10)


def test_what_breaks_off_leaves_the_earlier_one(settings):
    storage.put("RE1", io.BytesIO(b"whole"))
    with pytest.raises(StorageError):
        storage.put("RE1", Breaking(b"x" * 100))
    assert stored("RE1") == b"whole"


def test_what_is_not_there(settings):
    with pytest.raises(StorageError, match="nothing cannot be read"):
        storage.get("nothing")
    storage.put("RE1", io.BytesIO(b"x"))
    storage.delete("RE1")
    with pytest.raises(StorageError):
        storage.get("RE1")


def test_what_is_deleted_twice_is_gone(settings):
    storage.put("RE1", io.BytesIO(b"x"))
    storage.delete("RE1")
    storage.delete("RE1")


def test_a_name_does_not_lead_out_of_the_folder(settings, tmp_path):
    with pytest.raises(StorageError):
        storage.put("../outside", io.BytesIO(b"x"))
    assert not (tmp_path / "outside").exists()


def test_the_check_leaves_nothing_behind(settings, tmp_path):
    storage.check()
    assert [path for path in (tmp_path / "recordings").rglob("*") if path.is_file()] == []


def test_a_folder_that_cannot_be_made(settings, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("in the way")
    elsewhere = settings.model_copy(
        update={"recordings_url": (tmp_path / "file" / "recordings").as_uri()}
    )
    monkeypatch.setattr(config, "_current", elsewhere)
    with pytest.raises(StorageError):
        storage.check()
