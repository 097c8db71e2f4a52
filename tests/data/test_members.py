import random
import struct
import warnings
import zipfile
import zlib

import pytest

from sightline.data.members import MemberReader

CONTENTS = {"a.bin": b"abc" * 50, "b/ü.bin": bytes(range(256)), "b/empty.bin": b"", "c.bin": b"last"}


@pytest.fixture
def packed(tmp_path):
    def pack(method=zipfile.ZIP_DEFLATED, extra=b""):
        path = tmp_path / "set.zip"
        with zipfile.ZipFile(path, "w", method) as archive:
            for name, content in CONTENTS.items():
                member = zipfile.ZipInfo(name)
                member.compress_type, member.extra = method, extra
                archive.writestr(member, content)
        return path

    return pack


def outcome(read, member):
    """Return a member's bytes, or what its reading raised, in words."""
    try:
        return read(member)
    except Exception as error:  # noqa: BLE001 - any error is an answer here
        return f"{type(error).__name__}: {error}"


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
@pytest.mark.parametrize("extra_bytes", [0, 20, 600])
def test_every_method_of_packing_gives_back_the_bytes(method, extra_bytes, packed):
    extra = struct.pack("<HH", 0xCAFE, extra_bytes) + bytes(extra_bytes) if extra_bytes else b""
    path = packed(method, extra)
    with zipfile.ZipFile(path) as archive:
        reader = MemberReader(path, archive)

        assert {member.filename: reader.read(member) for member in archive.infolist()} == CONTENTS


def test_what_is_plain_is_read_without_zipfile(packed):
    path = packed()
    with zipfile.ZipFile(path) as archive:
        reader = MemberReader(path, archive)
    # zipfile reads no more from an archive that is closed

    assert [reader.read(member) for member in archive.infolist()] == list(CONTENTS.values())


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_mangled_archive_gives_what_zipfile_gives(method, packed):
    path = packed(method)
    whole, dice, refused = path.read_bytes(), random.Random(0), 0  # noqa: S311 - no secret
    for _ in range(400):
        mangled = bytearray(whole)
        mangled[dice.randrange(len(whole))] ^= 1 << dice.randrange(8)
        path.write_bytes(mangled)
        try:
            with warnings.catch_warnings(action="ignore"):
                archive = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, NotImplementedError, UnicodeDecodeError):
            continue
        with archive:
            reader = MemberReader(path, archive)
            answers = [(outcome(reader.read, one), outcome(archive.read, one)) for one in archive.infolist()]
        assert all(ours == theirs for ours, theirs in answers)
        refused += any(isinstance(ours, str) for ours, _ in answers)

    assert refused > 100


def test_members_that_overlap_are_left_to_zipfile(packed):
    path = packed()
    with zipfile.ZipFile(path, "a") as archive:
        first, second = archive.infolist()[:2]
        for field in ("header_offset", "filename", "CRC", "file_size", "compress_size", "flag_bits"):
            setattr(second, field, getattr(first, field))
        archive.writestr("d.bin", b"so that the directory is written anew")
    with zipfile.ZipFile(path) as archive:
        reader = MemberReader(path, archive)

    answers = [outcome(reader.read, member) for member in archive.infolist()]  # zipfile refuses: it is closed

    assert [isinstance(answer, bytes) for answer in answers].count(False) == 2


def test_a_member_that_runs_into_the_next_is_left_to_zipfile(packed):
    path = packed(zipfile.ZIP_STORED)
    with zipfile.ZipFile(path) as archive:
        first = archive.infolist()[0]
        first.compress_size = first.file_size = first.compress_size + 1
        first.CRC = zlib.crc32(path.read_bytes()[first.header_offset + 30 + 5 :][: first.file_size])
        reader = MemberReader(path, archive)

    with pytest.raises(ValueError, match="closed"):
        reader.read(first)
