"""A model that compares, on classes that it has not learnt and on fixed episodes."""

import shutil

import pytest

import sightline
from sightline.core.errors import DataError
from sightline.line.narrator import Silent


def test_pictures_of_new_classes_are_compared_and_known_ones_named(compared, letters, command, tmp_path):
    ran = command("evaluate", compared.model, letters, "--folders", "nested", "--out", tmp_path / "out")
    assert ran.status == 0
    assert "among 5 classes of one group from one picture of each" in ran.out
    assert "that it has learnt" in ran.out  # most of them
    assert (tmp_path / "out" / "report.html").exists()
    known = tmp_path / "known"
    classes = compared.classifier().classes
    for name in (classes[0], classes[-1]):
        shutil.copytree(letters / name, known / name)
    named = sightline.evaluate(compared.model, known, folders="nested", narrator=Silent())
    assert named.scores.accuracy > 0.5


@pytest.fixture
def runs(letters, tmp_path):
    """A folder of two fixed runs of five letters of an alphabet, one known and one asked picture each."""
    for number in (1, 2):
        run = tmp_path / "all_runs" / f"run0{number}"
        (run / "training").mkdir(parents=True)
        (run / "test").mkdir()
        lines = []
        for letter in range(5):
            folder = letters / f"alphabet{number}" / f"letter{letter}"
            shutil.copy(folder / "0.png", run / "training" / f"class0{letter + 1}.png")
            shutil.copy(folder / "1.png", run / "test" / f"item0{5 - letter}.png")
            lines.append(f"{run.name}/test/item0{5 - letter}.png {run.name}/training/class0{letter + 1}.png")
        (run / "class_labels.txt").write_text("\n".join(lines) + "\n")
    return tmp_path / "all_runs"


def test_fixed_runs_are_followed_exactly(compared, runs, command):
    evaluated = sightline.evaluate(compared.model, runs, narrator=Silent())
    assert len(evaluated.answers) == 10
    assert [*evaluated.runs] == ["run01", "run02"]
    for run, asked, answer, is_right in evaluated.answers:
        assert f"{run}/test/{asked} {run}/training/" in (runs / run / "class_labels.txt").read_text()
        assert is_right == (f"{asked} {run}/training/{answer}" in (runs / run / "class_labels.txt").read_text())
    assert evaluated.accuracy == sum(right for *_, right in evaluated.answers) / 10 > 0.4
    ran = command("evaluate", compared.model, runs)
    assert "2 runs, 10 pictures asked about" in ran.out
    assert '"runs": {"run01":' in command("evaluate", compared.model, runs, "--json").out


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("run01/test/item01.png", "line 1: 'run01/test/item01.png' names no two pictures of the run"),
        ("run01/test/none.png run01/training/class01.png", "line 1"),
        ("run01/test/item01.png run01/training/class09.png", "line 1"),
        ("", "has 5 known pictures and 0 to ask about"),
    ],
)
def test_a_run_that_is_not_laid_out_as_published_is_refused_in_words(compared, runs, line, words):
    (runs / "run01" / "class_labels.txt").write_text(line)
    with pytest.raises(DataError) as caught:
        sightline.evaluate(compared.model, runs, narrator=Silent())
    assert words in caught.value.problem
    assert "run01/test/item01.png run01/training/class01.png" in caught.value.hint
