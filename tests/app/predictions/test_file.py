import contextlib
import csv
import io
import itertools
import json
import os
import signal
import subprocess
import sys
import time

import pytest

from sightline.app.predictions import formats
from sightline.app.predictions.file import AnswerFile, Question
from sightline.app.predictions.rows import Csv, columns_of
from sightline.core.errors import MissingExtraError, RunError, SettingsError
from sightline.inference.bundle import bundle_of, read_bundle, write_bundle
from sightline.inference.prediction import Prediction

KINDS = ("csv", "json", "jsonl", "parquet")
BATCH = 5
ASKED = Question("5ca1ab1e", 2, missed=0.1, rate=0.05, sightline="1.0")
MAIN = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)  # also in the background
from sightline.app.cli import main
main()
"""


def prediction(number):
    """Return an answer with a hostile name, or every fifth one an error."""
    name = ['a,b".png', "line\nbreak.png", "=1+1.png", "日本.png", os.fsdecode(b"\xff.png"), '"\n,'][number % 6]
    if number % 5 == 4:
        return Prediction(f"{number} {name}", {}, error='it is "gone",\nit seems')
    return Prediction(f"{number} {name}", {"ant": 0.5 + number / 100, "b,\nee": 0.4, "cat": 0.1}, set=("ant", "b,\nee"))


ANSWERS = [prediction(number) for number in range(14)]


def names():
    return iter([answer.path for answer in ANSWERS])


def interrupted(answers):
    yield from answers
    raise KeyboardInterrupt


def gone_on(path, **changes):
    """Write the answers that are left, and return the file."""
    file = AnswerFile(path, ASKED, **({"force": False} | changes))
    left = list(file.left(names(), batch=BATCH))
    assert left == [answer.path for answer in ANSWERS[file.kept :]]
    file.write(ANSWERS[file.kept :])
    return file


def part_of(path, answers):
    """Leave the part of a file with these answers."""
    file = AnswerFile(path, ASKED, force=False)
    list(file.left(names(), batch=BATCH))
    with pytest.raises(KeyboardInterrupt):
        file.write(interrupted(answers))
    return path.with_name(f"{path.name}.part")


@pytest.fixture
def kind(request):
    if request.param == "parquet":
        pytest.importorskip("pyarrow", reason="pyarrow is not installed (pip install 'sightline[parquet]')")
    return request.param


every_kind = pytest.mark.parametrize("kind", KINDS, indirect=True)


@every_kind
def test_a_finished_file_stands_alone_and_counts_its_errors(kind, tmp_path):
    file = gone_on(tmp_path / f"answers.{kind}")
    assert (file.kept, file.unreadable) == (0, 2)
    assert [path.name for path in tmp_path.iterdir()] == [f"answers.{kind}"]


@every_kind
def test_a_part_that_ends_anywhere_becomes_the_same_file(kind, tmp_path):
    whole = gone_on(tmp_path / f"whole.{kind}").path.read_bytes()
    part = part_of(tmp_path / f"answers.{kind}", ANSWERS)
    grown, kept = part.read_bytes(), set()
    after_lines = [place + 1 for place, byte in enumerate(grown) if byte == ord("\n")]
    for end in [*range(0, len(grown), 37), *after_lines]:
        part_of(tmp_path / f"answers.{kind}", [])
        part.write_bytes(grown[:end])
        file = gone_on(tmp_path / f"answers.{kind}")
        assert (file.path.read_bytes(), file.unreadable) == (whole, 2), end
        kept.add(file.kept)
        file.path.unlink()
    assert kept == {0, 5, 10, 14}


@every_kind
def test_answers_to_other_pictures_are_not_kept(kind, tmp_path):
    part_of(tmp_path / f"answers.{kind}", ANSWERS)
    file = AnswerFile(tmp_path / f"answers.{kind}", ASKED, force=False)
    asked_now = [*itertools.islice(names(), 7), "new.png", *itertools.islice(names(), 7, None)]
    assert list(file.left(iter(asked_now), batch=BATCH)) == asked_now[5:]
    assert file.kept == 5


@every_kind
def test_a_part_with_rubbish_in_it_is_kept_up_to_there(kind, tmp_path):
    whole = gone_on(tmp_path / f"whole.{kind}").path.read_bytes()
    part = part_of(tmp_path / f"answers.{kind}", ANSWERS[:8])
    part.write_bytes(part.read_bytes() + b"\n\0\0\0\n{}\n")
    file = gone_on(tmp_path / f"answers.{kind}")
    assert (file.path.read_bytes(), file.kept) == (whole, 5)


def test_csv_and_json_hold_what_is_printed(command, finished, flowers, tmp_path):
    for kind in ("csv", "json"):
        command("predict", finished.model, flowers, "--top", 3, "--out", tmp_path / f"a.{kind}")
        printed = command("predict", finished.model, flowers, "--top", 3, "--format", kind).out
        assert (tmp_path / f"a.{kind}").read_text() == printed


def test_json_lines_and_parquet_hold_the_same(tmp_path, monkeypatch):
    parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed")
    monkeypatch.setattr(formats, "ROWS_A_GROUP", 4)
    lines = gone_on(tmp_path / "answers.jsonl").path.read_text().splitlines()
    table = parquet.read_table(gone_on(tmp_path / "answers.parquet").path)
    assert table.column_names == ["path", "label1", "probability1", "label2", "probability2", "set", "refused", "error"]
    assert parquet.ParquetFile(tmp_path / "answers.parquet").num_row_groups == 4
    for row, line in zip(table.to_pylist(), map(json.loads, lines), strict=True):
        assert row["path"] == line["name"].replace("\udcff", "\\udcff")
        problem = line.get("error", {}).get("problem")
        assert (row["label1"], row["set"], row["error"]) == (line.get("label"), line.get("set"), problem)
        shares = [row["probability1"], row["probability2"]]
        assert shares == (
            pytest.approx([one["probability"] for one in line["probabilities"]]) if "label" in line else [None, None]
        )


@pytest.mark.parametrize(
    "other",
    [
        Question("0", 2, missed=0.1, rate=0.05, sightline="1.0"),
        Question("5ca1ab1e", 1, missed=0.1, rate=0.05, sightline="1.0"),
    ],
)
def test_a_part_that_was_asked_otherwise_is_an_error_or_replaced(other, tmp_path):
    part = part_of(tmp_path / "answers.csv", ANSWERS[:8])
    before = part.read_bytes()
    with pytest.raises(RunError, match=r"answers\.csv\.part was begun with another model or other options") as caught:
        AnswerFile(tmp_path / "answers.csv", other, force=False)
    assert "--force" in caught.value.hint
    assert part.read_bytes() == before
    assert AnswerFile(tmp_path / "answers.csv", other, force=True)
    assert part.read_bytes() == b""


def test_a_part_whose_note_is_gone_or_damaged_is_foreign(tmp_path):
    part = part_of(tmp_path / "answers.csv", ANSWERS[:8])
    note = tmp_path / "answers.csv.part.json"
    for damage in (lambda: note.write_bytes(b"{"), note.unlink):
        damage()
        with pytest.raises(RunError, match="was begun with another model"):
            AnswerFile(tmp_path / "answers.csv", ASKED, force=False)
    assert part.stat().st_size


def test_a_finished_file_is_replaced_only_by_force_and_only_at_the_end(tmp_path):
    path = tmp_path / "answers.csv"
    path.write_text("mine")
    with pytest.raises(RunError, match=r"answers\.csv exists"):
        AnswerFile(path, ASKED, force=False)
    file = AnswerFile(path, ASKED, force=True)
    list(file.left(names(), batch=BATCH))
    with pytest.raises(KeyboardInterrupt):
        file.write(interrupted(ANSWERS[:8]))
    assert path.read_text() == "mine"
    assert gone_on(path, force=True).kept == 5
    assert path.read_bytes().startswith(b"path,")


def test_a_folder_in_its_place_is_an_error_even_by_force(tmp_path):
    with pytest.raises(RunError, match="exists"):
        AnswerFile(_made(tmp_path / "answers.csv"), ASKED, force=True)


def _made(folder):
    folder.mkdir()
    return folder


@pytest.mark.parametrize("name", ["answers", "answers.txt", "answers.csv.gz", ".csv"])
def test_an_ending_that_is_unknown_is_told_with_those_that_are_known(name, tmp_path):
    with pytest.raises(SettingsError, match="names no kind of file") as caught:
        AnswerFile(tmp_path / name, ASKED, force=False)
    assert caught.value.hint == "end it in .csv, .json, .jsonl, .parquet"
    assert not list(tmp_path.iterdir())


def test_without_pyarrow_the_one_command_is_said_before_anything_is_begun(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingExtraError) as caught:
        AnswerFile(tmp_path / "answers.parquet", ASKED, force=False)
    assert caught.value.hint == "install it with: pip install 'sightline[parquet]'"
    assert not list(tmp_path.iterdir())


def test_a_place_where_nothing_can_be_written_is_an_error(tmp_path):
    with pytest.raises(RunError, match="can't be written: No such file or directory"):
        AnswerFile(tmp_path / "none" / "answers.csv", ASKED, force=False)


def test_a_part_that_can_no_longer_be_written_is_an_error(tmp_path):
    part = part_of(tmp_path / "answers.csv", [])
    file = AnswerFile(tmp_path / "answers.csv", ASKED, force=False)
    part.unlink()
    _made(part)
    with pytest.raises(RunError, match="can't be written: Is a directory"):
        file.write(ANSWERS)


@pytest.fixture
def by_sixteen(finished, tmp_path):
    """A model that takes sixteen pictures at a time."""
    bundle = read_bundle(finished.model)
    smaller = bundle_of({**bundle.manifest, "batch": 16}, bundle.weights, bundle.graph, arrays=bundle.arrays)
    write_bundle(tmp_path / "model.sightline", smaller)
    return tmp_path / "model.sightline"


@pytest.fixture
def begin():
    """Return a function that begins to answer names that come over a pipe; no process outlives the test."""
    with contextlib.ExitStack() as processes:

        def run(model, out):
            command = list(map(str, [sys.executable, "-c", MAIN, "predict", model, "-", "--out", out]))
            pipe = subprocess.PIPE
            process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True)  # noqa: S603
            processes.callback(ended, process)
            return process

        yield run


def ended(process):
    """Kill a process that still runs, and close its pipes."""
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout, process.stderr):
        with contextlib.suppress(BrokenPipeError):  # something was left to write
            pipe.close()


def require_alive(process):
    """Let a test that waits for a process fail when it has ended."""
    assert process.poll() is None, process.stderr.read()


@pytest.fixture
def endless(begin):
    """Return a function that begins to answer names that never end, and waits until some answers are on the disk."""

    def run(model, out, pictures):
        process = begin(model, out)
        part = out.with_name(f"{out.name}.part")
        fed = itertools.cycle(pictures)
        while not part.exists() or not part.stat().st_size:
            require_alive(process)
            process.stdin.write("".join(f"{next(fed)}\n" for _ in range(16)))
            process.stdin.flush()
            time.sleep(0.002)
        return process

    return run


@pytest.fixture
def answer(begin):
    """Return a function that answers so many pictures, and returns the file's bytes and the standard error."""

    def run(model, out, pictures):
        errors = begin(model, out).communicate("".join(f"{picture}\n" for picture in pictures))[1]
        return out.read_bytes(), errors

    return run


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="there is no SIGKILL here")
@pytest.mark.parametrize("kind", ["csv", "parquet"], indirect=True)
def test_a_process_that_was_killed_goes_on_to_the_same_bytes(kind, by_sixteen, flowers, tmp_path, endless, answer):
    pictures = sorted(flowers.rglob("*.png"))
    many = list(itertools.islice(itertools.cycle(pictures), 500))
    process = endless(by_sixteen, tmp_path / f"killed.{kind}", pictures)
    process.kill()
    process.wait()
    bytes_killed, errors = answer(by_sixteen, tmp_path / f"killed.{kind}", many)
    bytes_whole, nothing = answer(by_sixteen, tmp_path / f"whole.{kind}", many)
    assert bytes_killed == bytes_whole
    kept = int(errors.removeprefix("going on after ").split(" ", maxsplit=1)[0])
    assert kept >= 4
    assert kept % 4 == 0  # a portion of a batch
    assert nothing == ""


def test_a_second_process_is_kept_from_the_same_file(by_sixteen, flowers, tmp_path, command, endless):
    out = tmp_path / "answers.csv"
    process = endless(by_sixteen, out, sorted(flowers.rglob("*.png")))
    refused = command("predict", by_sixteen, flowers, "--out", out)
    process.kill()
    process.wait()
    assert refused.status != 0
    assert f"another process works on {out} at this moment" in refused.err
    assert command("predict", by_sixteen, flowers, "--out", out, "--force").status == 0
    assert sorted(path.name for path in tmp_path.iterdir() if "answers" in path.name) == ["answers.csv"]


@pytest.mark.parametrize("name", ["a\rb.png", "a\r\nb.png", 'a"\r".png', "a\nb.png"])
def test_a_name_that_breaks_lines_is_one_cell_of_csv(name, tmp_path):
    stream = io.StringIO(newline="")
    rows = Csv(stream, 1, sets=False)
    rows.begin()
    rows.add(Prediction(name, {}, error="no picture"))
    rows.add(Prediction("plain.png", {}, error="no picture"))
    (tmp_path / "answers.csv").write_bytes(stream.getvalue().encode())
    with (tmp_path / "answers.csv").open("rb") as part:
        kept = [row.path for row in formats.KINDS[".csv"].kept(part, columns_of(1, sets=False))]
    assert kept == [name, "plain.png"]
    assert stream.getvalue().endswith("\nplain.png,,,,no picture\n")


def test_an_interrupt_leaves_whole_rows(by_sixteen, flowers, tmp_path, endless):
    process = endless(by_sixteen, tmp_path / "answers.csv", sorted(flowers.rglob("*.png")))
    process.send_signal(signal.SIGINT)
    assert process.wait() == 130
    assert (
        process.stderr.read().strip()
        == "interrupted; a run that was begun goes on when the same command is given again"
    )
    text = (tmp_path / "answers.csv.part").read_text()
    rows = list(csv.DictReader(io.StringIO(text), strict=True))
    assert text.endswith("\n")
    assert rows
    assert all(row["error"] == "" and row["label1"] for row in rows)


def test_an_interrupt_ends_the_command_while_pictures_are_read_ahead(finished, noise, tmp_path, begin):
    noise(height=1500, width=1500).save(tmp_path / "large.png")
    process = begin(finished.model, tmp_path / "answers.csv")
    process.stdin.write(f"{tmp_path / 'large.png'}\n" * 1024)  # four batches
    process.stdin.flush()
    while not (tmp_path / "answers.csv.part").exists():
        require_alive(process)
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    assert process.wait() == 130
    assert not (tmp_path / "answers.csv").exists()
