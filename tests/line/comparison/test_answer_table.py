import pytest

from sightline.core.errors import RunError
from sightline.line.comparison.predictions import read_predictions

PREDICTED, OUT_OF_FOLD = (
    "path,truth,probability:a,probability:b\n",
    "path,truth,repeat,fold,probability:a,probability:b\n",
)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (PREDICTED + "1,a,0.5,0.5\n2,a,nan,0.5\n", r"line 3 \(2\): probability:a is nan; expected 0 to 1"),
        (PREDICTED + "1,a,0.5,1.5\n", r"line 2 \(1\): probability:b is 1.5"),
        (PREDICTED + "1,a,0.5,0.3\n", "add up to 0.8; expected 1"),
        (PREDICTED + "1,a,x,0.3\n", r"line 2 \(1\): could not convert string to float: 'x'; expected numbers"),
        (PREDICTED + "1,a,1\n", "line 2 has 3 cells; expected 4"),
        (PREDICTED + "1,ship,0.5,0.5\n", "the truth 'ship' is none of its classes"),
        (PREDICTED + "1,a,0,1\n1,a,1,0\n", r"line 3 \(1\): the picture stands in an earlier line"),
        (OUT_OF_FOLD + "1,a,1,1,0,1\n1,a,1,2,1,0\n", r"line 3 \(1\): the picture stands in an earlier line"),
        (OUT_OF_FOLD + "1,a,1,1,0,1\n1,b,2,1,1,0\n", "the truth is 'b', and another in an earlier line"),
        (OUT_OF_FOLD + "1,a,1.5,1,0,1\n", "repeat is '1.5'; expected a number from 1"),
        (
            "path,given,likelier,score,action\n",
            "its columns are path, given, likelier, score and 1 more; expected path",
        ),
        ("", r"its columns are \(none\)"),
        (PREDICTED + '"1,a,0,1\n', "unexpected end of data"),
    ],
)
def test_what_is_no_answer_is_named_with_its_line_and_value(text, words, tmp_path):
    (tmp_path / "answers.csv").write_text(text)
    with pytest.raises(RunError, match=words):
        read_predictions(tmp_path / "answers.csv")


def test_answers_are_read_as_spreadsheets_save_them_and_names_keep_their_line_ends(tmp_path):
    lines = 'path;truth;probability:a;probability:b\r\n"1\r.png";b;0.25;0.75\r\n'
    (tmp_path / "answers.csv").write_text(lines, encoding="utf-16", newline="")
    predicted = read_predictions(tmp_path / "answers.csv")
    assert (predicted.paths, predicted.truth.tolist()) == (("1\r.png",), [1])
    assert predicted.probabilities.tolist() == [[0.25, 0.75]]


def test_what_is_not_there_and_what_is_no_file_are_refused_with_the_hint_of_the_caller(tmp_path):
    with pytest.raises(RunError, match="does not exist\ngive answers"):
        read_predictions(tmp_path / "none.csv", hint="give answers")
    with pytest.raises(RunError, match="Is a directory\ngive answers"):
        read_predictions(tmp_path, hint="give answers")
