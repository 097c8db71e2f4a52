"""The figure without the test pictures of which the model has seen near copies."""

import numpy as np
from PIL import Image

import sightline
from sightline.line.narrator import Silent


def test_the_report_restates_the_figure_without_test_pictures_that_have_near_copies(tmp_path):
    for part, count in (("train", 12), ("test", 6)):
        for label, name in enumerate("ab"):
            (tmp_path / "set" / part / name).mkdir(parents=True)
            for number in range(count):
                random = np.random.default_rng([label, number, part == "test" and number > 1])
                coarse = Image.fromarray(random.integers(0, 256, (12, 16, 3), dtype=np.uint8))
                picture = coarse.resize((64, 48), Image.Resampling.BICUBIC)
                picture.save(tmp_path / "set" / part / name / f"{number}.jpg", quality=95 if part == "train" else 70)

    run = sightline.train(
        tmp_path / "set", out=tmp_path / "run", model="mlp", epochs=1, baseline="none", narrator=Silent()
    )

    restated = run.report["without_copies"]
    assert (restated["copies"], restated["count"]) == (4, 8)
    assert "near-copies-two-parts" in [finding["code"] for finding in run.report["findings"]]
    assert "On the other 8 it names" in (tmp_path / "run" / "report.html").read_text()

    evaluation = sightline.evaluate(tmp_path / "run", tmp_path / "set", narrator=Silent())
    again = evaluation.as_json()["without_copies"]
    assert (again["copies"], again["count"], again["accuracy"]) == (4, 8, restated["accuracy"])
    assert "near-copies-seen" in [finding.code for finding in evaluation.findings]
