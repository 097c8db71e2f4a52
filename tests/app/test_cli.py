import json
import os
import subprocess
import sys

import pytest

from sightline.app.cli import VERBS
from sightline.line.methods import models
from sightline.line.settings.tables import TABLES
from sightline.models.bases.table import BASES

MAIN = "import sys; from sightline.app.cli import main\n"
HEAVY = ("torch", "numpy", "rich", "sklearn", "matplotlib", "PIL", "jinja2")


def python(code, *words):
    return subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", code, *map(str, words)], check=False, capture_output=True, text=True
    )


@pytest.mark.parametrize("words", [[], ["--help"], ["-h"], *([verb, "--help"] for verb in VERBS)])
def test_help_shows_two_examples(words, command):
    told = command(*words)
    assert told.status == 0
    examples = told.out[told.out.index("Examples:") :].splitlines()
    assert sum(line.strip().startswith("sightline ") and "--help" not in line for line in examples) == 2


def test_help_lists_every_verb_and_the_tables_every_setting(command):
    from sightline.line.settings.tables import SETTINGS, TABLES

    assert all(verb in command("--help").out for verb in VERBS)
    tables = "".join(command("settings", table).out for table in TABLES)
    assert all(table in command("settings").out for table in TABLES)
    assert all(f"  {name} = " in tables for name in SETTINGS if name != "data")


def test_the_help_of_train_fits_on_two_screens_and_names_the_list_of_settings(command):
    lines = command("train", "--help").out.splitlines()
    assert len(lines) <= 50
    assert any("`sightline settings`" in line for line in lines)


def test_the_version_is_told(command):
    assert command("--version").out.startswith("sightline, version ")


@pytest.mark.parametrize("words", [["--help"], ["--version"], ["train", "--help"], ["nonsense"], ["models"]])
def test_what_only_tells_imports_nothing_heavy(words):
    tell = f"import atexit; atexit.register(lambda: print('heavy', [m for m in {HEAVY} if m in sys.modules]))"
    code = f"{MAIN}{tell}\nmain()"
    heavy = python(code, *words).stdout.splitlines()[-1]
    reads_the_methods = words in (["train", "--help"], ["models"])
    allowed = "['numpy', 'PIL']" if reads_the_methods else "[]"
    assert heavy in (f"heavy {allowed}", "heavy []")


def test_importing_the_package_imports_nothing_heavy():
    assert (
        python(f"import sys, sightline; dir(sightline); print([m for m in {HEAVY} if m in sys.modules])").stdout
        == "[]\n"
    )


def test_checking_and_listing_do_not_import_torch(few):
    code = f"{MAIN}import atexit; atexit.register(lambda: print('torch' in sys.modules))\nmain()"
    assert python(code, "check", few).stdout.endswith("False\n")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["trian"], "did you mean 'train'"),
        (["train", "digits"], "--out"),
        (["train", "--out", "RUN"], "DATA"),
        (["train", "none", "--out", "RUN"], "none does not exist"),
        (["train", "digits", "--out", "RUN", "--model", "lenett"], "did you mean 'lenet'"),
        (["train", "digits", "--out", "RUN", "--epochs", "x"], "epochs"),
        (["train", "digits", "--out", "RUN", "--sped", "1"], "--sped"),
        (["train", "digits", "--out", "RUN", "--set", "sped=1"], "'sped'"),
        (["train", "digits", "--out", "RUN", "--set", "patience"], "key=value"),
        (["train", "digits", "--out", "RUN", "--lr", "1"], "did you mean --learning-rate?"),
        (["train", "digits", "--out", "RUN", "--bs", "1"], "did you mean --batch-size?"),
        (["train", "digits", "--out", "RUN", "--wd", "1"], "did you mean --set weight_decay=...?"),
        (["train", "digits", "--out", "RUN", "--dropout", "1"], "did you mean --set dropout=...?"),
        (["train", "digits", "--out", "RUN", "--pretrained"], "--base"),
        (["predict", "RUN", "a.png", "--topk", "3"], "did you mean --top?"),
        (["check", "digits", "--lr", "3"], "see `sightline check --help`"),
        (["report", "RUN"], "did you mean 'evaluate'"),
        (["techniques", "random-erasing"], "did you mean 'cutout'"),
        (["train", "digits", "more", "--out", "RUN"], "expected one DATA"),
        (["train", "digits", "--out", "RUN", "--config", "none.toml"], "none.toml"),
        (["train", "digits", "--out", "RUN", "--set", "size=8", "model=lenet"], "16x16"),
        (["train", "digits", "--out", "FILE"], "FILE"),
        (["train", "digits", "--out", "FILE/below"], "FILE"),
        (["check"], "DATA"),
        (["check", "none"], "none does not exist"),
        (["check", "FILE"], "neither a folder"),
        (["predict", "none", "a.png"], "none does not exist"),
        (["predict", "FILE", "a.png"], "FILE"),
        (["predict", "RUN"], "PICTURE"),
        (["evaluate", "none", "digits"], "none does not exist"),
        (["summary", "lenett"], "did you mean 'lenet'"),
        (["summary", "lenet", "--input", "8x8x1"], "16x16"),
        (["summary", "lenet", "--input", "8"], "32x32x3"),
        (["summary", "mlp", "--set", "hidden=a"], "hidden"),
    ],
)
def test_a_user_s_error_is_two_lines_and_status_two(words, told, command, tmp_path):
    (tmp_path / "FILE").write_text("hello")
    places = {"RUN": tmp_path / "RUN", "FILE": tmp_path / "FILE", "FILE/below": tmp_path / "FILE" / "below"}
    outcome = command(*(places.get(word, word) for word in words))
    lines = outcome.err.splitlines()
    assert outcome.status == 2
    assert told in outcome.err
    assert [line.split()[0] for line in lines] == ["error:", "->"]


def test_a_refused_training_leaves_no_finished_run_behind(command, tmp_path):
    command("train", "digits", "--out", tmp_path / "run", "--epochs", "0")
    assert not (tmp_path / "run").exists()


def test_a_bug_of_ours_keeps_its_traceback(tmp_path):
    bug = "import sightline.data.opening as o\ndef bug(*_, **__): raise ZeroDivisionError\no.open_catalog = bug"
    code = f"{MAIN}{bug}\nmain()"
    outcome = python(code, "check", tmp_path)
    assert "ZeroDivisionError" in outcome.stderr
    assert outcome.returncode == 1


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "utf-8"])
def test_an_encoding_that_lacks_a_character_gets_an_escape_and_bytes_stay_bytes(encoding, finished, tmp_path):
    name = os.fsdecode(
        b"\xff\xfe\xc3\xa9\xe6\x97\xa5.png"
    )  # two bytes that are no text, then e with an accent, then a sun
    words = ["predict", finished.model, tmp_path / name]
    outcome = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", f"{MAIN}main()", *map(str, words)],
        check=False, capture_output=True, env=os.environ | {"PYTHONIOENCODING": encoding},
    )  # fmt: skip
    assert outcome.returncode == 1
    expected = {
        "ascii": b"\xff\xfe\\xe9\\u65e5.png",
        "cp1252": b"\xff\xfe\xe9\\u65e5.png",
        "utf-8": b"\xff\xfe\xc3\xa9\xe6\x97\xa5.png",
    }
    assert expected[encoding] in outcome.stdout


def test_models_are_listed_a_line_each(command):
    lines = command("models").out.splitlines()
    named = [line.split()[0] for line in lines if line.startswith("  ")]
    assert named == [*models(), *BASES]
    assert "1998" in command("models", "--references").out


def test_the_bases_are_listed_with_how_each_is_found(command):
    lines = command("models").out.splitlines()
    bases = lines[next(place for place, line in enumerate(lines) if line.startswith("bases: ")) + 1 :]
    assert bases[0].startswith("  efficientnet-lite0 ")
    assert bases[0].endswith("reads 224 pixels, names 75.1 % of ImageNet rightly; on this machine")
    assert bases[3].endswith("names 58.2 % of ImageNet rightly; --download")
    assert BASES["efficientnet-lite0"].digest in command("models", "--references").out


def test_a_summary_shows_shapes_as_they_are_written_and_the_sum(command):
    told = command("summary", "basic-cnn").out
    assert "30x30x32" in told
    assert told.splitlines()[-1] == "79,626 parameters, 9.8 M multiply-adds a picture"
    assert "100,000 parameters" not in command("summary", "mlp", "--set", "hidden=8,4").out


def test_a_sound_folder_is_ready_for_training(command, few):
    outcome = command("check", few)
    assert outcome.status == 0
    assert "16 pictures of 2 classes" in outcome.out
    assert "ready for training" in outcome.out


def test_the_pictures_most_like_one_are_printed_as_json_too(command, few):
    picture = min(few.rglob("*.png"))
    document = json.loads(command("check", few, "--like", picture, "--json").out)
    assert document["like"] == str(picture)
    assert document["pictures"][0] == {"path": picture.relative_to(few).as_posix(), "distance": 0.0}


def test_a_folder_with_an_error_has_status_one_and_accepting_it_zero(command, few):
    (few / "empty").mkdir()
    outcome = command("check", few)
    assert (outcome.status, "[empty-class]" in outcome.out) == (1, True)
    assert command("check", few, "--accept", "empty-class").status == 0
    shortly = ("--model", "linear", "--epochs", 1, "--baseline", "none", "--quiet")
    out = few.parent / "run"
    assert command("train", few, "--out", out, *shortly).status == 2
    assert command("train", few, "--out", out, *shortly, "--accept", "empty-class").status == 0


def test_check_shortens_evidence_unless_all_is_asked_for(command, few):
    for number in range(30):
        (few / "ant" / f"broken{number:02}.png").write_bytes(b"x")
    assert "broken29.png" not in command("check", few).out
    assert "broken29.png" in command("check", few, "--all").out


def test_a_line_of_thousands_of_copies_is_cut_unless_all_is_asked_for(command, few):
    payload = (few / "ant" / "0.png").read_bytes()
    for number in range(300):
        (few / "ant" / f"copy{number:03}.png").write_bytes(payload)

    shown, everything = command("check", few).out, command("check", few, "--all").out

    assert max(map(len, shown.splitlines())) < 500
    assert "signs)" in shown
    assert "copy299.png" in everything
    assert "copy299.png" not in shown


@pytest.mark.parametrize(
    ("name", "assignment"),
    [
        ("mixup", "mixup=0.2"),
        ("adam", "optimizer=adam"),
        ("label-smoothing", "label_smoothing=0.1"),
        ("Dropout", "dropout=0.5"),
    ],
)
def test_a_technique_is_explained_with_its_source(name, assignment, command):
    lines = command("techniques", name).out.splitlines()
    assert assignment in lines[1]
    assert len(lines) == 3


def test_a_technique_of_several_settings_shows_all_of_them(command):
    lines = command("techniques", "balanced").out
    assert "class_weights=balanced" in lines
    assert "sampling=balanced" in lines


def test_a_network_that_no_memory_holds_is_refused_before_a_picture_is_read(command, few, tmp_path):
    outcome = command("train", few, "--out", tmp_path / "run", "--model", "mlp", "--set", "hidden=2000000000")
    assert outcome.status == 2, outcome.err
    assert "weights, which take" in outcome.err
    assert "reading pictures" not in outcome.err


def test_the_flag_that_an_ambiguous_tree_s_finding_names_gives_either_reading(class_folders, tmp_path, command):
    data = class_folders({"bus/2019": 6, "car/2019": 6, "train/2019": 6, "train/2020": 6})
    shortly = ("--model", "linear", "--epochs", 1, "--baseline", "none", "--quiet")

    assert command("check", data).status == 1
    refused = command("train", data, "--out", tmp_path / "run", *shortly)
    assert (refused.status, "--folders parts" in refused.err) == (2, True)
    for reading, classes in (("parts", ["2019", "2020"]), ("classes", ["bus", "car", "train"])):
        checked = command("check", data, "--folders", reading, "--json")
        assert (checked.status, json.loads(checked.out)["classes"]) == (0, classes)
        assert command("train", data, "--out", tmp_path / reading, *shortly, "--folders", reading).status == 0
        evaluated = command("evaluate", tmp_path / reading, data, "--part", "all", "--folders", reading, "--json")
        assert json.loads(evaluated.out)["classes"] == classes


def test_a_setting_is_shown_with_the_table_that_it_lies_in(command):
    shown = command("settings", "learning_rate")
    meant = command("settings", "lr")

    assert (shown.status, meant.status) == (0, 2)
    assert "table steps (`sightline settings steps`)" in shown.out
    assert "learning_rate = auto" in shown.out
    assert "'learning_rate'? It lies in the table steps" in meant.err


@pytest.mark.parametrize("table", list(TABLES))
def test_the_heading_of_a_table_names_it_once(table, command):
    heading = command("settings", table).out.splitlines()[0]

    assert heading.startswith(f"{table} (")
    assert heading.endswith("):")
    assert f"the {table}:" not in heading


def test_one_wrong_setting_has_its_own_hint_and_several_have_a_line_each(command, few, tmp_path):
    train = ("train", few, "--out", tmp_path / "run")

    one = command(*train, "--model", "resent18").err
    several = command(*train, "--set", "foo=1", "bar=2", "epochs=x").err

    assert one == "error: there is no model named 'resent18'\n  -> did you mean 'resnet18'?\n"
    assert several.splitlines()[0] == "error: 3 settings can't be taken:"
    assert [line[:4] for line in several.splitlines()[1:4]] == ["  - "] * 3
    assert max(map(len, several.splitlines())) < 120
