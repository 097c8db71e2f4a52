import re
from base64 import b64decode

import numpy as np
import pytest

from sightline.evaluation.pages.mistakes import MOST_LISTED, MOST_PICTURED, MistakesPage, NamedMistake
from sightline.evaluation.pictures import PredictedPicture

HOSTILE = "<script>alert('x')</script>"


def pictured(number, side=8, **changes):
    pixels = np.random.default_rng(number).integers(0, 256, (side, side, 3), dtype=np.uint8)
    values = {"path": f"a/{number}.png", "truth": "cat", "prediction": "dog", "confidence": 0.9}
    return PredictedPicture(**(values | {"truth_probability": 0.1, "pixels": pixels} | changes))


def page_of(pictures, named=(), count=None):
    count = len(pictures) + len(named) if count is None else count
    return MistakesPage("Mistakes", count, 20_000, tuple(pictures), tuple(named))


def test_every_mistake_is_on_the_page_and_can_be_filtered_by_both_classes():
    page = page_of(
        [pictured(1), pictured(2, truth="dog", prediction="owl")], [NamedMistake("b.png", "owl", "cat", 0.6)]
    )
    html = page.html()
    assert page.classes == ("cat", "dog", "owl")
    assert re.findall(r'data-truth="(\d)" data-answer="(\d)"', html) == [("0", "1"), ("1", "2"), ("2", "0")]
    for place, name in enumerate(page.classes):
        assert html.count(f'<option value="{place}">{name}</option>') == 2
        assert f'[data-truth]:not([data-truth="{place}"])' in html
        assert f'[data-answer]:not([data-answer="{place}"])' in html
    assert all(name in html for name in ("a/1.png", "a/2.png", "b.png"))


def test_the_page_runs_no_script_asks_for_nothing_and_escapes_names():
    html = page_of([pictured(1, truth=HOSTILE, path=HOSTILE)], [NamedMistake(HOSTILE, HOSTILE, "dog", 0.5)]).html()
    assert "<script" not in html
    assert "default-src 'none'" in html
    assert not re.search(r"(src|href)=\"(?!data:|report.html)", html)


def test_the_page_has_a_bounded_size_and_names_what_it_leaves_out():
    pictures = [pictured(number, side=160) for number in range(MOST_PICTURED)]
    named = [NamedMistake(f"{number}.png", "cat", "dog", 0.5) for number in range(MOST_LISTED)]
    html = page_of(pictures, named, count=MOST_PICTURED + MOST_LISTED + 1234).html()
    assert len(html) < 12e6  # pictures of noise, the largest there are
    assert "1,234 more are in predictions.csv" in html


def test_no_mistakes_are_a_sentence():
    html = page_of([]).html()
    assert "It made no mistakes on these 20,000 pictures" in html
    assert "<select" not in html


@pytest.mark.parametrize(("side", "kind"), [(8, "png"), (32, "png"), (33, "jpeg"), (384, "jpeg")])
def test_small_thumbnails_lose_nothing_and_large_ones_are_small(side, kind):
    (uri,) = re.findall(r'src="data:image/(\w+);base64,([^"]*)"', page_of([pictured(1, side=side)]).html())
    assert uri[0] == kind
    assert len(b64decode(uri[1])) < 12_000
