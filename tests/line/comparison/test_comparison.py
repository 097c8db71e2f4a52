"""Models beside one another, as their user meets them."""

import json
import shutil

import pytest

import sightline
from sightline.core.errors import DataError, RunError, SettingsError
from sightline.line.narrator import Silent


@pytest.fixture
def another(finished, tmp_path):
    """A copy of the finished run that a test may change."""
    return shutil.copytree(finished.folder, tmp_path / "another")


def test_a_run_and_its_copy_are_right_equally_often(finished, another):
    found = sightline.compare([finished.folder, another])

    assert found.pairs[0].comparison.difference == 0
    assert "can't be told apart" in found.pairs[0].words


def test_runs_of_other_test_parts_are_refused_with_what_differs(finished, another):
    predictions = another / "predictions.csv"
    predictions.write_text(predictions.read_text().replace("ant/", "antelope/"))

    with pytest.raises(RunError, match=r"another were tested on other pictures.*ant/"):
        sightline.compare([finished.folder, another])


def test_runs_of_other_pictures_of_the_same_names_are_refused(finished, another):
    split = another / "split.csv"
    lines = split.read_text().splitlines()
    tested = next(number for number, line in enumerate(lines) if ",test," in line)
    lines[tested] = lines[tested].replace(",test,", ",test,0")
    split.write_text("\n".join(lines))

    with pytest.raises(RunError, match="other pictures of the same names: 1 differ"):
        sightline.compare([finished.folder, another])


def test_a_run_that_names_no_class_is_listed_and_can_not_be_compared(finished, another):
    report, predictions = another / "report.json", another / "predictions.csv"
    report.write_text(json.dumps(json.loads(report.read_text()) | {"test": None}))
    predictions.write_text("path,truth,embedding:0\nant/0.png,ant,0.5\n")

    with pytest.raises(RunError, match="names no class"):
        sightline.compare([finished.folder, another])
    (row,) = sightline.runs(another)
    assert (row.state, row.accuracy) == ("tells same from different", None)


def test_runs_of_other_classes_are_refused_with_what_differs(finished, little_run):
    with pytest.raises(RunError, match=r"know other classes: .*'cat'"):
        sightline.compare([finished.folder, little_run / "run"])


def test_one_model_can_not_be_compared(finished):
    with pytest.raises(SettingsError, match="1 model to compare"):
        sightline.compare([finished.folder])
    with pytest.raises(SettingsError, match="is named twice"):
        sightline.compare([finished.folder, finished.folder])


def test_an_unfinished_run_is_refused_by_its_name(finished, another):
    (another / "predictions.csv").unlink()

    with pytest.raises(RunError, match="another is no finished run"):
        sightline.compare([finished.folder, another])


def test_models_are_compared_on_pictures_that_none_has_learnt_from(finished, another, flowers, capsys):
    found = sightline.compare([finished.model, another], data=flowers)

    assert found.what == f"the same {finished.report['test']['count']} pictures of flowers"
    assert "left out for all" in capsys.readouterr().err
    assert found.models[0].accuracy == finished.report["test"]["accuracy"]


def test_pictures_that_all_have_learnt_from_are_refused(little_run, tmp_path, monkeypatch):
    monkeypatch.chdir(little_run)
    another = shutil.copytree("run", tmp_path / "another")
    trained = [line.split(",")[0] for line in (another / "split.csv").read_text().splitlines() if ",train," in line]
    for path in trained:
        (tmp_path / "seen" / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(f"few/{path}", tmp_path / "seen" / path)

    with pytest.raises(DataError, match="no new picture"):
        sightline.compare(["run", another], data=tmp_path / "seen", narrator=Silent())


def test_the_command_prints_the_models_and_the_verdict(command, finished, another):
    printed = command("compare", finished.folder, another)

    assert printed.status == 0
    assert "both are right equally often" in printed.out
    assert "McNemar" in printed.out


def test_runs_are_listed_with_their_figures_and_what_differs(command, finished, another):
    settings = another / "settings.toml"
    settings.write_text(settings.read_text().replace("seed = 0", "seed = 7"))
    shutil.copytree(finished.folder, another.parent / "deep" / "first")
    (another / "report.json").unlink()

    rows = sightline.runs(another.parent)
    printed = command("runs", another.parent)

    assert [(row.name, row.state) for row in rows] == [("deep/first", "finished"), ("another", "unfinished")]
    assert [dict(row.differs) for row in rows] == [{"seed": 0}, {"seed": 7}]
    assert rows[0].interval == tuple(finished.report["test"]["accuracy_interval"])
    assert "deep/first" in printed.out
    assert printed.out.splitlines()[0].split().count("model") == 1


def test_settings_that_can_not_be_read_do_not_make_all_others_differ(finished, another):
    shutil.copytree(finished.folder, another.parent / "damaged")
    (another.parent / "damaged" / "settings.toml").write_text("[")

    assert [row.differs for row in sightline.runs(another.parent)] == [(), ()]


def test_a_damaged_report_is_a_row_that_says_so(another):
    (another / "report.json").write_text("{")

    (row,) = sightline.runs(another)

    assert row.state.startswith("damaged report")


def test_a_folder_without_a_run_is_refused(tmp_path):
    with pytest.raises(RunError, match="no run in"):
        sightline.runs(tmp_path)
    with pytest.raises(RunError, match="is no folder"):
        sightline.runs(tmp_path / "nowhere")
