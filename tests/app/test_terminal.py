"""What a user sees while something long is going on."""

import io
import re

import pytest
from rich.console import Console

from sightline.app.terminal import Terminal
from sightline.core.findings import Finding, Severity
from sightline.line.narrator import Silent
from sightline.line.train import train


@pytest.fixture
def written():
    return io.StringIO()


def test_a_terminal_shows_a_bar_with_loss_accuracy_and_time_to_go(written, tmp_path):
    console = Console(file=written, force_terminal=True, width=120, soft_wrap=True)
    train("digits", out=tmp_path / "run", model="linear", epochs=2, baseline="none", narrator=Terminal(console))
    shown = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", written.getvalue())
    assert re.search(r"epoch   2/2 .*80/80 loss \d\.\d+  accuracy \d+\.\d+\s% \d:\d\d:\d\d", shown)


def test_a_log_gets_one_plain_line_an_epoch(written, tmp_path):
    console = Console(file=written, force_terminal=False, width=200, soft_wrap=True)
    train("digits", out=tmp_path / "run", model="linear", epochs=3, baseline="none", narrator=Terminal(console))
    lines = [line for line in written.getvalue().splitlines() if line.startswith("epoch")]
    assert [line.split()[1] for line in lines] == ["1/3", "2/3", "3/3"]
    assert "\x1b" not in written.getvalue()


def test_a_continued_run_says_where_it_goes_on(written, tmp_path):
    arguments = {"out": tmp_path / "run", "model": "linear", "epochs": 2, "baseline": "none"}
    train("digits", **arguments, narrator=Silent())
    (tmp_path / "run" / "report.json").unlink()
    train("digits", **arguments, narrator=Terminal(Console(file=written, soft_wrap=True)))
    assert "continuing after epoch 2" in written.getvalue()


def test_a_finding_is_told_with_some_evidence_and_how_much_more_there_is(written):
    finding = Finding("some-code", Severity.WARNING, "seven [b]things[/b]", "do this", tuple("abcdefg"))
    Terminal(Console(file=written, width=200)).tell_findings([finding])
    lines = [line.strip() for line in written.getvalue().splitlines()]
    assert lines[0] == "warning [some-code] seven [b]things[/b]"
    assert lines[1:] == ["a", "b", "c", "d", "e", "... and 2 more", "-> do this"]


def test_a_log_says_if_the_network_waits_for_its_pictures(written, tmp_path):
    console = Console(file=written, force_terminal=False, width=200, soft_wrap=True)
    train(
        "digits", out=tmp_path / "run", model="linear", epochs=1, augment=1, baseline="none", narrator=Terminal(console)
    )
    assert re.search(r"pictures/s, \d\d\.\d\s% of the time waiting for them", written.getvalue())


def test_a_finding_that_several_trainings_bring_up_is_told_once(written):
    terminal = Terminal(Console(file=written, width=200))
    for _ in range(2):
        terminal.tell_findings([Finding("small-part", Severity.NOTE, "a small test part", "add pictures")])
    assert written.getvalue().count("a small test part") == 1
