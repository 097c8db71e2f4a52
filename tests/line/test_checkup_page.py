"""The page of a check: near copies side by side, pictures that stand out, classes, and strangers' names."""

import re
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageOps

import sightline
from sightline.core.errors import MissingExtraError, PictureError, RunError
from sightline.data.copies.record import Copies
from sightline.line.health import page
from sightline.line.narrator import Silent

ODD = '<b>odd & "co"\''


def scene(seed):
    coarse = Image.fromarray(np.random.default_rng(seed).integers(0, 256, (12, 16, 3), dtype=np.uint8))
    return coarse.resize((64, 48), Image.Resampling.BICUBIC)


@pytest.fixture(scope="module")
def checkup(tmp_path_factory):
    """A check of two parts: three scenes of each class, all mirrored in the test part, and a black picture."""
    root = tmp_path_factory.mktemp("parts")
    for part, change in {"train": lambda picture: picture, "test": ImageOps.mirror}.items():
        for number, label in enumerate(("a", ODD)):
            (root / part / label).mkdir(parents=True)
            for seed in range(3):
                change(scene(3 * number + seed)).save(root / part / label / f"{seed}.png")
    Image.new("RGB", (64, 48)).save(root / "train" / "a" / "black.png")
    return sightline.check(root, narrator=Silent())


@pytest.fixture(scope="module")
def html(checkup, tmp_path_factory):
    return checkup.write_report(tmp_path_factory.mktemp("page") / "check.html").read_text()


def test_near_copies_stand_side_by_side_with_kind_and_distance(html):
    pairs = re.findall(r'<div class="sides">.*?</figcaption>', html, re.DOTALL)

    assert len(pairs) == 6
    assert all(pair.count("<img") == 2 and "Mirrored</strong>, distance 0.0" in pair for pair in pairs)
    assert all("two parts" in pair for pair in pairs)


def test_the_page_names_every_finding_and_counts_every_class(checkup, html):
    assert len(re.findall(r'<div class="finding', html)) == len(checkup.findings)
    counts = re.findall(r"<td>(\d+)<span class=\"meter\".*?</td>\s*<td>(\d+)</td>\s*<td>(\d+)</td>", html)
    assert counts == [("7", "4", "3"), ("6", "3", "3")]


def test_a_picture_that_stands_out_is_shown_under_its_finding(html):
    strip = html.split("pictures nearly black: 1 of 13</h3>")[1].split("</figure>")[0]
    assert "<img" in strip
    assert "train/a/black.png" in strip


def test_the_page_advises_to_look_further_down_and_the_terminal_to_write_the_page(checkup, html):
    advice = next(finding.advice for finding in checkup.findings if finding.code == "near-copies")
    assert "look at them with --report PAGE.html" in advice
    assert ("look at them below" in html, "--report PAGE.html" in html) == (True, False)


def test_the_pictures_most_like_one_are_named_and_a_name_that_leads_nowhere_is_told(checkup, tmp_path):
    scene(0).save(tmp_path / "mine.png")
    assert checkup.like(tmp_path / "mine.png")[0].path.endswith("/a/0.png")  # as it is, or mirrored
    with pytest.raises(PictureError, match=r"nowhere\.jpg is no file") as refused:
        checkup.like("nowhere.jpg")
    assert "look at the name" in refused.value.hint


def test_the_names_of_strangers_are_escaped(html):
    assert "<b>odd" not in html
    assert "&lt;b&gt;odd &amp;" in html


def test_sixty_pairs_are_shown_and_the_others_counted(checkup):
    every = checkup.surveyed.copies
    many = Copies(np.tile(every.rows, (11, 1)), every.kinds * 11, np.tile(every.distances, 11))
    surveyed = replace(checkup.surveyed, copies=many)

    shown = page.checkup_page(surveyed, checkup.findings)
    assert (len(shown.pairs), shown.pair_count) == (60, 66)
    assert "6 more are in the table" in shown.html()


def test_a_page_replaces_an_older_one_but_no_other_file(checkup, html, tmp_path):
    place = tmp_path / "check.html"
    place.write_text(html)
    assert checkup.write_report(place) == place

    place.write_text("<html>mine")
    with pytest.raises(RunError, match="no page of `sightline check`"):
        checkup.write_report(place)


def test_without_the_extra_the_command_says_which_one_it_needs(checkup, tmp_path, monkeypatch):
    monkeypatch.setattr("sightline.core.choose._is_installed", lambda package: package != "jinja2")
    with pytest.raises(MissingExtraError) as raised:
        checkup.write_report(tmp_path / "check.html")
    assert "sightline[train]" in raised.value.hint
