import random
import re
import struct
import tracemalloc
import warnings
import zipfile
import zlib

import pytest

from sightline.data.members import METHODS, MemberReader

CONTENTS = {"a.bin": b"abc" * 50, "b/ü.bin": bytes(range(256)), "b/empty.bin": b"", "c.bin": b"last"}

OURS = re.compile("it overlaps another member|it is packed by")
"""What is refused here and not by every version of zipfile."""


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


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("extra_bytes", [0, 20, 600])
def test_both_methods_of_packing_give_back_the_bytes(method, extra_bytes, packed):
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
        assert all(ours == theirs or OURS.search(str(ours)) for ours, theirs in answers)
        refused += any(isinstance(ours, str) for ours, _ in answers)

    assert refused > 100


@pytest.mark.parametrize(("method", "word"), [(zipfile.ZIP_BZIP2, "bzip2"), (zipfile.ZIP_LZMA, "LZMA")])
def test_another_method_of_packing_is_refused_by_its_name_before_anything_is_unpacked(method, word, packed):
    path = packed(method)
    with zipfile.ZipFile(path) as archive:
        member = archive.infolist()[0]
        with pytest.raises(zipfile.BadZipFile, match=f"packed by {word}"):
            MemberReader(path, archive).read(member)


@pytest.mark.parametrize("name_bytes", [5, 600], ids=["plain", "left to zipfile"])
def test_no_more_is_unpacked_than_a_member_says_that_it_has(name_bytes, tmp_path):
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a" * name_bytes, bytes(64 * 2**20))
    with zipfile.ZipFile(path) as archive:
        member = archive.infolist()[0]
        member.file_size = 1000
        tracemalloc.start()
        try:
            with pytest.raises(zipfile.BadZipFile, match="Bad CRC"):
                MemberReader(path, archive).read(member)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    assert peak < 2**20


def test_members_that_overlap_are_refused(packed):
    path = packed()
    with zipfile.ZipFile(path, "a") as archive:
        first, second = archive.infolist()[:2]
        for field in ("header_offset", "filename", "CRC", "file_size", "compress_size", "flag_bits"):
            setattr(second, field, getattr(first, field))
        archive.writestr("d.bin", b"so that the directory is written anew")
    with zipfile.ZipFile(path) as archive:
        reader = MemberReader(path, archive)

    answers = [outcome(reader.read, member) for member in archive.infolist()]

    assert answers.count("BadZipFile: it overlaps another member") == 2
    assert [isinstance(answer, bytes) for answer in answers].count(True) == 3


def test_a_member_that_runs_into_the_next_is_refused(packed):
    path = packed(zipfile.ZIP_STORED)
    with zipfile.ZipFile(path) as archive:
        first = archive.infolist()[0]
        first.compress_size = first.file_size = first.compress_size + 1
        first.CRC = zlib.crc32(path.read_bytes()[first.header_offset + 30 + 5 :][: first.file_size])
        reader = MemberReader(path, archive)

    with pytest.raises(zipfile.BadZipFile, match="overlaps"):
        reader.read(first)


def test_a_member_whose_extra_field_hides_the_next_header_is_refused(packed):
    path = packed(zipfile.ZIP_STORED)
    whole = bytearray(path.read_bytes())
    whole[28:30] = (200).to_bytes(2, "little")  # the first member's data would begin behind the second's header
    path.write_bytes(whole)
    with zipfile.ZipFile(path) as archive, pytest.raises(zipfile.BadZipFile, match="overlaps"):
        MemberReader(path, archive).read(archive.infolist()[0])


def test_members_whose_sizes_are_in_64_bits_are_read(tmp_path):
    path = tmp_path / "large.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in CONTENTS.items():
            with archive.open(name, "w", force_zip64=True) as member:
                member.write(content)
    with zipfile.ZipFile(path) as archive:
        reader = MemberReader(path, archive)

        assert {member.filename: reader.read(member) for member in archive.infolist()} == CONTENTS
