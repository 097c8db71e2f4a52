"""Whatever a folder, a table or a file holds: every verb ends in words, and its figures can be made again."""

import contextlib
import csv
import io
import json
import math
import os
import struct
import sys
import tempfile
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from sightline.app.cli import main

NAMES = (
    "path", "truth", "train", "test", "val", "probability:a", "-1", "1", "1.0", " ", "a ", "-", "--help", "a\nb",
    "a\rb", "\r", "x" * 255, "é" * 127, "\u202eabc", "=1+1", "'\"", '"', ".hidden", "__MACOSX", "🦊", "e\u0301", "é",
    "a,b", "a;b", "%s{}", "[b]", "\x1b[31m", "\x01", os.fsdecode(b"\xff"), os.fsdecode(b"caf\xe9"), "<b>", "$x^$",
)  # fmt: skip
ENCODINGS = ("utf-8", "ascii", "cp1252", "utf-16")
ENDINGS = (".png", ".PNG", ".jpg", ".gif", ".bmp", ".webp", ".tif", ".txt", ".csv", "")
TWO_LINES = ("error: ", "  -> ")


FEW = 12
"""Examples of a test unless a profile of `conftest.py` is named; they are always the same ones."""


def quietly(share=1):
    """Return a test's settings: one in `share` of the examples, and no word about time."""
    is_named = settings.get_current_profile_name() in ("tiny", "many")
    count = settings().max_examples if is_named else FEW
    calm = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large]
    return settings(
        max_examples=max(1, count // share),
        derandomize=not is_named,
        deadline=None,
        database=None,
        suppress_health_check=calm,
    )


def picture(number, *, kind="PNG", mode="RGB", size=(7, 5)):
    """Return the file of a picture that no other number gives."""
    pixels = np.random.default_rng(number).integers(0, 256, (*size[::-1], 3), dtype=np.uint8)
    stream = io.BytesIO()
    Image.fromarray(pixels).convert(mode).save(stream, kind)
    return stream.getvalue()


WHOLE = [
    picture(number, kind=kind, mode=mode)
    for number, (kind, mode) in enumerate(
        [("PNG", "RGB"), ("PNG", "L"), ("PNG", "1"), ("PNG", "P"), ("PNG", "LA"), ("PNG", "I;16"), ("JPEG", "RGB"),
         ("JPEG", "CMYK"), ("GIF", "P"), ("BMP", "RGB"), ("WEBP", "RGB"), ("TIFF", "F"), ("TIFF", "LAB")]
    )
]  # fmt: skip


def deep_png():
    """A PNG of colours with 16 bits a channel, which Pillow does not write."""
    parts = [(b"IHDR", struct.pack(">IIBBBBB", 2, 1, 16, 2, 0, 0, 0)), (b"gAMA", struct.pack(">I", 100_000)),
             (b"IDAT", zlib.compress(b"\0" + struct.pack(">6H", *range(0, 4096, 700)))), (b"IEND", b"")]  # fmt: skip
    chunks = (struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
              for name, data in parts)  # fmt: skip
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


WHOLE.append(deep_png())


def named(raw):
    """Return bytes as the name of a file."""
    return os.fsdecode(raw.translate(bytes.maketrans(b"/\0", b"__")))


def encoded(text, encoding):
    """Return a table's bytes; only UTF-8 can hold bytes of a name that are no text."""
    return text.encode(encoding, errors="surrogateescape" if encoding.startswith("utf-8") else "replace")


def damaged(payload, place, byte):
    """Return a file with one byte changed and, if the place is odd, the rest cut off."""
    place %= len(payload)
    return payload[:place] + bytes([byte]) + (b"" if place % 2 else payload[place + 1 :])


names = st.sampled_from(NAMES) | st.binary(min_size=1, max_size=30).map(named) | st.text("aé🦊 .,\n", min_size=1)
names = names.filter(lambda name: name.strip(".") and len(os.fsencode(name)) < 256)
endings = st.sampled_from(ENDINGS)
payloads = (
    st.sampled_from(WHOLE)
    | st.builds(damaged, st.sampled_from(WHOLE), st.integers(0, 10_000), st.integers(0, 255))
    | st.binary(max_size=60)
)
files = st.dictionaries(st.builds(lambda name, ending: f"{name[:50]}{ending}", names, endings), payloads, max_size=4)
trees = st.recursive(files, lambda inner: st.dictionaries(names, inner, max_size=4) | files, max_leaves=6)
cells = names | st.sampled_from(["", "a.png", "b.png", "../a.png", "/", "a.png\0", "C:\\a.png", "train", "x" * 300])
columns = st.lists(st.sampled_from(["path", "label", "group", "split", "Path", "file", "", "path,label"]), max_size=5)
tables = st.builds(
    lambda head, rows, sign, end, encoding: encoded(end.join(map(sign.join, [head, *rows])), encoding),
    columns, st.lists(st.lists(cells, max_size=5), max_size=6), st.sampled_from(",;\t"),
    st.sampled_from(["\n", "\r\n"]), st.sampled_from(["utf-8", "utf-8", "utf-8-sig", "utf-16", "utf-32"]),
)  # fmt: skip
encodings = st.sampled_from(ENCODINGS)


@contextlib.contextmanager
def folder_of(tree):
    """Write a tree into a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory() as place:
        write(Path(place) / "data", tree)
        yield Path(place)


def write(folder, tree):
    folder.mkdir()
    for name, content in tree.items():
        with contextlib.suppress(OSError):  # the disk knows no such name, or folds two into one
            if isinstance(content, dict):
                write(folder / name, content)
            else:
                (folder / name).write_bytes(content)


def ended(*words, encoding="utf-8"):
    """Run a command line in this process; return its status, once it is known to have ended in words."""
    shown, errors = (io.TextIOWrapper(io.BytesIO(), encoding, handler) for handler in ("strict", "backslashreplace"))
    before, sys.argv = sys.argv, ["sightline", *map(os.fspath, words)]
    try:
        with contextlib.redirect_stdout(shown), contextlib.redirect_stderr(errors), pytest.raises(SystemExit) as end:
            main()
    finally:
        sys.argv = before
    errors.flush()
    lines = errors.buffer.getvalue().decode(encoding).splitlines()
    assert end.value.code in (0, 1, 2)
    if end.value.code == 2:
        assert any(line.startswith(TWO_LINES[0]) for line in lines)
        assert lines[-1].startswith(TWO_LINES[1])
    return end.value.code


@quietly()
@given(tree=trees, encoding=encodings, flags=st.sampled_from([(), ("--folders", "parts"), ("--folders", "classes")]))
def test_any_tree_is_checked_predicted_and_evaluated_in_words(tree, encoding, flags, finished):
    with folder_of(tree) as place:
        ended("check", place / "data", "--all", *flags, encoding=encoding)
        ended("predict", finished.model, place / "data", encoding=encoding)
        ended("evaluate", finished.model, place / "data", encoding=encoding)


@quietly()
@given(tree=trees, kind=st.sampled_from(["json", "csv"]), ending=st.sampled_from(["csv", "json", "jsonl"]))
def test_answers_to_any_tree_can_be_read_again(tree, kind, ending, finished):
    with folder_of(tree) as place:
        ended("predict", finished.model, place / "data", "--format", kind, encoding="ascii")
        if ended("predict", finished.model, place / "data", "--out", place / f"answers.{ending}") != 2:
            rows = (place / f"answers.{ending}").read_bytes()
            read = {
                "csv": read_table,
                "json": json.loads,
                "jsonl": lambda text: list(map(json.loads, text.splitlines())),
            }
            assert len(read[ending](rows))


@quietly()
@given(table=tables | st.binary(max_size=80), encoding=encodings)
def test_any_table_is_checked_and_evaluated_in_words(table, encoding, finished):
    tree = {"a.png": WHOLE[0], "b.png": WHOLE[1], "table.csv": table}
    with folder_of(tree) as place:
        for data in (place / "data" / "table.csv", place / "data"):
            ended("check", data, encoding=encoding)
            ended("evaluate", finished.model, data, encoding=encoding)


@quietly(share=2)
@given(
    classes=st.lists(names, min_size=2, max_size=3, unique=True),
    more=files,
    encoding=encodings,
    spare=st.integers(4, 6),
)
def test_any_classes_are_trained_on_and_the_figures_can_be_made_again(classes, more, encoding, spare):
    tree = {
        name: {f"{number}.png": picture(100 * label + number) for number in range(spare)} | more
        for label, name in enumerate(classes)
    }
    with folder_of(tree) as place:
        data, run = place / "data", place / "run"
        ended("augment", data, "--out", place / "sheet.png", "--pictures", "2", "--variants", "1", encoding=encoding)
        words = ("--model", "linear", "--epochs", "1", "--baseline", "none", "--set", "size=8")
        if ended("train", data, "--out", run, *words, encoding=encoding) == 0:
            require_same_figures(run)
            assert ended("evaluate", run, data, "--out", place / "evaluation", encoding=encoding) == 0
            require_same_figures(place / "evaluation")


def read_table(payload):
    return list(csv.DictReader(io.StringIO(payload.decode(errors="surrogateescape"), newline="")))


def require_same_figures(folder):
    """Make the figures of a report again from the answers alone."""
    rows = read_table((folder / "predictions.csv").read_bytes())
    report = json.loads((folder / "report.json").read_text())
    classes, test = report["classes"], report["test"]
    truth = [classes.index(row["truth"].encode(errors="backslashreplace").decode()) for row in rows]
    answers = [[float(share) for column, share in row.items() if column.startswith("probability:")] for row in rows]
    assert all(len(answer) == len(classes) for answer in answers)
    best = [max(range(len(answer)), key=answer.__getitem__) for answer in answers]
    assert test["count"] == len(rows)
    assert test["accuracy"] == pytest.approx(np.mean([one == other for one, other in zip(best, truth, strict=True)]))
    losses = [-math.log(answer[label]) for answer, label in zip(answers, truth, strict=True)]
    assert test["loss"] == pytest.approx(np.mean(losses), rel=1e-6)
