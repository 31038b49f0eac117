"""Files of a case: what is taken in, how it lies there, who gets it, and what the scanner says."""

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from hotline import audit, clock, config, db, scanning, storage
from tests.triage import desk, fake_clamd
from tests.triage.test_case_views import opened
from triage.cases import attachments, sniffing
from triage.cases.models import Attachment
from triage.cases.states import AttachmentStatus

PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + b"\0" * 40
OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 504
PDF = b"%PDF-1.4\n%\xe2\xe3\n1 0 obj\nendobj\n%%EOF\n"


def archive(*names: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as parts:
        for name in names:
            parts.writestr(name, "<x/>")
    return made.getvalue()


def send(officer: desk.Desk, case_id: int, content: bytes, name: str = "照片.png") -> None:
    officer.client.post(
        f"/cases/{case_id}/attachments",
        data={"file": (io.BytesIO(content), name), "csrf_token": officer._token()},
        content_type="multipart/form-data",
    )


def rows() -> list[Attachment]:
    with db.transaction() as session:
        return list(session.scalars(sa.select(Attachment).order_by(Attachment.id)))


@pytest.fixture
def scanner(settings: config.Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with fake_clamd.running() as address:
        changed = settings.model_copy(update={"clamav_socket": address})
        monkeypatch.setattr(config, "_current", changed)
        yield


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (PNG, "image/png"),
        (PDF, "application/pdf"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01" + b"\0" * 30, "image/jpeg"),
        (b"RIFF\x24\0\0\0WAVEfmt " + b"\0" * 20, "audio/wav"),
        (b"#!AMR\n" + b"\0" * 30, "audio/amr"),
        (OLD_OFFICE, "application/msword"),
        (archive("[Content_Types].xml", "word/document.xml"), sniffing.OFFICE_TYPES[".docx"]),
        (archive("[Content_Types].xml", "xl/workbook.xml"), sniffing.OFFICE_TYPES[".xlsx"]),
    ],
)
def test_a_file_is_what_its_content_says(content: bytes, kind: str):
    assert sniffing.media_type(io.BytesIO(content)) == kind


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"hello",
        b"MZ" + b"\0" * 100,
        b"<html><script>alert(1)</script>",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>",
        archive("a.txt"),
        archive("word/document.xml", "word/vbaProject.bin"),
        archive("word/document.xml", "xl/workbook.xml"),
        b"PK\x03\x04 and then nothing",
        OLD_OFFICE + "_VBA_PROJECT".encode("utf-16-le"),
    ],
)
def test_what_does_not_belong_to_a_case_is_not_taken(content: bytes):
    with pytest.raises(sniffing.NotAccepted):
        sniffing.media_type(io.BytesIO(content))


def test_a_name_is_given_the_ending_of_what_it_really_is():
    assert sniffing.saved_as("照片.PNG", "image/png") == "照片.PNG"
    assert sniffing.saved_as("账单.exe", "application/pdf") == "账单.exe.pdf"


def test_a_file_lies_sealed_and_comes_out_as_it_went_in(officer: desk.Desk, tmp_path: Path):
    _, case_id = opened(officer)
    send(officer, case_id, PNG + b"secret", "../../小雨.png")
    (row,) = rows()
    assert (row.status, row.media_type) == (AttachmentStatus.unscanned, "image/png")
    with storage.get(row.storage_name) as sealed:
        assert b"secret" not in sealed.read()
    with db.transaction() as session:
        name = session.scalar(sa.text("SELECT name FROM case_attachments"))
        assert "小雨".encode() not in bytes(name)
    page = officer.sees(f"/cases/{case_id}")
    assert "没有配置扫描程序" in page
    path = f"/cases/{case_id}/attachments/{row.id}"
    answer = officer.client.get(path)
    assert answer.data == PNG + b"secret"
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Cache-Control"] == "no-store"
    assert officer.client.get(f"{path}/picture").mimetype == "image/png"
    assert [entry.subject_id for entry in desk.written("read", "attachment")] == [row.id] * 1
    officer.sees(f"/cases/{case_id + 1}/attachments/{row.id}", status=404)


def test_a_file_of_another_kind_or_too_large_is_refused_with_the_reason(
    officer: desk.Desk, monkeypatch: pytest.MonkeyPatch
):
    _, case_id = opened(officer)
    send(officer, case_id, b"MZ" + b"\0" * 100, "照片.png")
    assert officer.is_told("不能附上这种文件")
    small = config.current().model_copy(update={"attachment_max_megabytes": 1})
    monkeypatch.setattr(config, "_current", small)
    send(officer, case_id, PNG + b"\0" * 1024 * 1024)
    assert officer.is_told("每个文件最多 1 MB")
    assert rows() == []
    monkeypatch.setattr(
        config, "_current", config.current().model_copy(update={"attachment_max_megabytes": 3})
    )
    send(officer, case_id, PNG + b"\0" * 2 * 1024 * 1024)
    assert officer.is_told("文件已加密保存")


def test_with_a_scanner_nobody_opens_a_file_before_it_is_found_clean(
    officer: desk.Desk, scanner: None
):
    _, case_id = opened(officer)
    send(officer, case_id, PNG)
    send(officer, case_id, PDF + fake_clamd.EICAR, "账单.pdf")
    good, bad = rows()
    officer.sees(f"/cases/{case_id}/attachments/{good.id}", status=404)
    assert officer.sees(f"/cases/{case_id}").count("扫描后才能打开") == 2
    assert attachments.sweep() == 2
    assert [row.status for row in rows()] == [AttachmentStatus.clean, AttachmentStatus.infected]
    officer.sees(f"/cases/{case_id}/attachments/{bad.id}", status=404)
    page = officer.sees(f"/cases/{case_id}")
    assert "发现 Eicar-Test-Signature，已隔离" in page
    assert "文件被隔离" in page
    assert f'src="/cases/{case_id}/attachments/{good.id}/picture"' in page
    assert attachments.sweep() == 0


def test_a_scanner_that_is_away_is_asked_again_later(
    officer: desk.Desk, settings: config.Settings, monkeypatch: pytest.MonkeyPatch
):
    _, case_id = opened(officer)
    send(officer, case_id, PNG)
    away = settings.model_copy(update={"clamav_socket": "tcp://127.0.0.1:1"})
    monkeypatch.setattr(config, "_current", away)
    assert (attachments.sweep(), attachments.sweep()) == (1, 0)
    assert rows()[0].status is AttachmentStatus.unscanned
    with fake_clamd.running() as address:
        there = settings.model_copy(update={"clamav_socket": address})
        monkeypatch.setattr(config, "_current", there)
        clock.shift(attachments.LEASE)
        assert attachments.sweep() == 1
    assert rows()[0].status is AttachmentStatus.clean


def test_two_scanners_at_one_file_and_one_that_is_late(
    officer: desk.Desk, scanner: None, monkeypatch: pytest.MonkeyPatch
):
    _, case_id = opened(officer)
    send(officer, case_id, PNG)
    said = iter(["", "Late-Signature", ""])
    monkeypatch.setattr(scanning, "scan", lambda _pieces: next(said))
    monkeypatch.setattr(attachments, "content", lambda _row: iter([PNG]))
    (row,) = rows()
    for status in (AttachmentStatus.clean, AttachmentStatus.infected, AttachmentStatus.infected):
        attachments._scan(row)
        assert rows()[0].status is status, "the worse finding holds"
    assert rows()[0].found == "Late-Signature"
    officer.does(f"/cases/{case_id}/attachments/{row.id}/remove", reason="病毒")
    attachments.turn(row.id)
    said = iter([""])
    attachments._scan(row)
    assert rows()[0].status is AttachmentStatus.deleted


def test_a_name_holds_nothing_that_is_not_seen(officer: desk.Desk):
    _, case_id = opened(officer)
    send(officer, case_id, PDF, "账\u202e单%0a\x01.pdf")
    (row,) = rows()
    assert row.name == "账单%0a.pdf"
    assert officer.client.get(f"/cases/{case_id}/attachments/{row.id}").data == PDF
    send(officer, case_id, PDF, "\x01")
    assert rows()[-1].name == "?"


def test_a_file_is_deleted_for_a_reason_and_its_bytes_with_it(officer: desk.Desk):
    _, case_id = opened(officer)
    send(officer, case_id, PNG)
    (row,) = rows()
    path = f"/cases/{case_id}/attachments/{row.id}/remove"
    officer.does(path, reason="")
    assert rows()[0].status is AttachmentStatus.unscanned
    officer.does(path, reason="放错个案")
    officer.sees(f"/cases/{case_id}/attachments/{row.id}", status=404)
    assert attachments.sweep() == 1
    assert rows()[0].status is AttachmentStatus.deleted
    with pytest.raises(storage.StorageError):
        storage.get(row.storage_name).read()
    assert desk.written("detach", "case")[0].reason == "放错个案"
    assert "照片.png：放错个案" in officer.sees(f"/cases/{case_id}?kind=files")
    assert attachments.sweep() == 0


def test_a_file_that_never_arrived_is_cleared_away(officer: desk.Desk, app: Flask):
    _, case_id = opened(officer)
    with db.transaction() as session:
        attachments.announce(
            session, case_id, desk.actor("zhiban"), "x", "image/png", io.BytesIO(PNG)
        )
    assert "照片" not in officer.sees(f"/cases/{case_id}")
    assert attachments.sweep() == 0
    clock.shift(attachments.ARRIVES_WITHIN)
    assert attachments.sweep() == 1
    assert rows()[0].status is AttachmentStatus.deleted
    assert desk.written("delete", "attachment")[0].actor == audit.SYSTEM.name
