"""Adding a class to a model file: it is known at the next picture, and the file is the old one or the new one."""

import multiprocessing
import os
import shutil
import signal
from dataclasses import replace
from itertools import count
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import sightline
from sightline.core.errors import BundleError, DataError, RunError
from sightline.inference.bundle import read_bundle
from sightline.inference.tasks import load
from sightline.line.enrolment import new_pictures
from sightline.line.narrator import Silent


def enroll(run, name, pictures, **options):
    return sightline.enroll(run.folder, name, pictures, narrator=Silent(), **options)


class Listener(Silent):
    """Keeps what it is told."""

    def __init__(self):
        self.said = []

    def say(self, words):
        self.said.append(words)


def some(folder, *numbers):
    return [folder / f"{number}.png" for number in numbers]


def test_an_enrolled_class_is_known_at_the_next_picture(run_copy, new_class):
    enrolment = enroll(run_copy, "gnu", some(new_class, 0, 1, 2, 3, 4))
    labels = [one.label for one in sightline.predict(run_copy.folder, some(new_class, *range(5, 12)))]
    assert labels.count("gnu") >= 6
    assert (enrolment.pictures, enrolment.classes[-1], len(enrolment.classes)) == (5, "gnu", 7)
    assert enrolment.digest == load(run_copy.model).digest


def test_probabilities_sum_to_one_and_the_order_of_learnt_classes_stays(run_copy, new_class, flowers):
    before = load(run_copy.model)
    enroll(run_copy, "gnu", some(new_class, 0, 1))
    after, pixels = load(run_copy.model), np.stack([np.asarray(Image.open(flowers / "ant" / "3.png"))] * 2)
    old, new = before.probabilities(pixels), after.probabilities(pixels)
    np.testing.assert_allclose(new.sum(axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(new[:, :6] / new[:, :6].sum(axis=1, keepdims=True), old, atol=1e-4)


def test_sets_hold_what_they_held_of_learnt_classes_and_enrolled_ones_too(fixed_copy, new_class, flowers):
    before = load(fixed_copy.model)
    enroll(fixed_copy, "gnu", some(new_class, 0, 1, 2, 3, 4))
    after = load(fixed_copy.model)
    old = [np.asarray(Image.open(path)) for path in sorted(flowers.rglob("*.png"))[::9]]
    for pixels in old:
        assert {*before.predict(pixels).set} <= {*after.predict(pixels).set}
    held = ["gnu" in after.predict(path).set for path in some(new_class, *range(5, 12))]
    assert sum(held) >= 6


def test_what_is_named_as_an_enrolled_class_is_judged_by_it_and_the_rest_as_before(fixed_copy, new_class, flowers):
    asked = [*some(new_class, *range(5, 12)), *sorted(flowers.rglob("*.png"))[::9]]
    before = sightline.predict(fixed_copy.folder, asked)
    enroll(fixed_copy, "gnu", some(new_class, 0, 1, 2, 3, 4))
    after = sightline.predict(fixed_copy.folder, asked)
    named = [new.label == "gnu" for new in after]
    assert sum(named[:7]) >= 6
    assert np.median([new.typicality for new, is_gnu in zip(after, named, strict=True) if is_gnu]) > 0.05
    assert all(
        new.typicality == old.typicality for new, old, is_gnu in zip(after, before, named, strict=True) if not is_gnu
    )


def test_a_refusal_says_which_class_a_picture_fits_ill(fixed_copy, new_class):
    enroll(fixed_copy, "gnu", some(new_class, 0, 1, 2, 3, 4))
    model = load(fixed_copy.model)
    decided = model.decide(np.asarray(Image.open(new_class / "5.png"))[None])
    (refusal,) = model.refusals(replace(decided, typicality=np.array([0.01])))
    assert refusal.startswith("it fits gnu ill: ")


def test_a_threshold_for_a_class_is_not_chosen_by_answers_from_before(fixed_copy, new_class):
    enroll(fixed_copy, "gnu", some(new_class, 0, 1))
    with pytest.raises(BundleError, match="since classes were enrolled"):
        load(fixed_copy.model).flagging("ant", wanted="precision", share=0.5)


def test_a_network_that_learnt_to_see_by_its_classes_promises_nothing_any_more_and_says_so(run_copy, new_class):
    listener = Listener()
    enrolment = sightline.enroll(run_copy.folder, "gnu", some(new_class, 0, 1), narrator=listener)
    assert "no prediction sets, and none is refused" in listener.said[0]
    assert enrolment.expected is None
    answer = sightline.predict(run_copy.folder, new_class / "7.png")
    assert (answer.set, answer.typicality, answer.refusal) == (None, None, "")


def test_the_nearest_enrolled_picture_is_named(run_copy, new_class):
    enroll(run_copy, "gnu", some(new_class, 0, 1, 2))
    match = sightline.predict(run_copy.folder, new_class / "1.png").match
    assert (match.label, match.picture, match.is_stranger) == ("gnu", "1.png", False)


def test_enroll_and_forget_leave_the_old_file_s_bits(run_copy, new_class, model_bytes):
    enroll(run_copy, "gnu", some(new_class, 0, 1), keep_pictures=True)
    once = run_copy.model.read_bytes()
    enroll(run_copy, "yak", some(new_class, 5))
    sightline.forget(run_copy.folder, "yak", narrator=Silent())
    assert run_copy.model.read_bytes() == once != model_bytes
    sightline.forget(run_copy.folder, "gnu", narrator=Silent())
    assert run_copy.model.read_bytes() == model_bytes


def test_more_pictures_of_an_enrolled_class_join_it(run_copy, new_class):
    enroll(run_copy, "gnu", new_class / "0.png")
    assert enroll(run_copy, "gnu", some(new_class, 1, 2)).pictures == 3
    assert sightline.classes(run_copy.folder) == dict.fromkeys(load(run_copy.model).classes, 0) | {"gnu": 3}


def test_bytes_arrays_and_pillow_images_are_enrolled_too(run_copy, new_class):
    first, second, third = some(new_class, 0, 1, 2)
    pictures = [first.read_bytes(), np.asarray(Image.open(second)), Image.open(third)]
    assert enroll(run_copy, "gnu", pictures).pictures == 3
    assert load(run_copy.model).rule.support.names == ("picture 1", "picture 2", "picture 3")


def test_pictures_are_kept_only_on_request(run_copy, new_class):
    enroll(run_copy, "gnu", new_class / "0.png")
    assert load(run_copy.model).rule.support.copies == (b"",)
    enroll(run_copy, "gnu", new_class / "1.png", keep_pictures=True)
    assert [copy[:2] for copy in load(run_copy.model).rule.support.copies] == [b"", b"\xff\xd8"]


def test_what_it_costs_the_old_classes_is_measured_on_other_pictures(run_copy, new_class, flowers, tmp_path):
    data = tmp_path / "data"
    shutil.copytree(flowers, data)
    shutil.copytree(new_class, data / "gnu")
    cost = enroll(run_copy, "gnu", some(new_class, 0, 1, 2), check=data).cost
    assert (cost.before.count, cost.after.count, cost.new.count) == (84, 84, 9)
    assert cost.new.right >= 7
    assert cost.difference[0] <= (cost.after.right - cost.before.right) / 84 <= cost.difference[1]


def test_with_out_the_model_itself_stays(run_copy, new_class, model_bytes, tmp_path):
    enrolment = enroll(run_copy, "gnu", new_class / "0.png", out=tmp_path / "new.sightline")
    assert run_copy.model.read_bytes() == model_bytes
    assert load(tmp_path / "new.sightline").classes == enrolment.classes
    with pytest.raises(RunError, match="exists"):
        enroll(run_copy, "gnu", new_class / "0.png", out=tmp_path / "new.sightline")
    again = sightline.enroll(tmp_path / "new.sightline", "yak", new_class / "5.png", narrator=Silent())
    assert again.classes[-2:] == ("gnu", "yak")  # it takes the anchors along


def test_the_training_s_parts_stay_as_they_are(run_copy, new_class, model_bytes):
    before = read_bundle(run_copy.model)
    enroll(run_copy, "gnu", new_class / "0.png")
    after = read_bundle(run_copy.model)
    assert (after.graph, after.weights) == (before.graph, before.weights)
    assert after.manifest["task"] == "extended-classification"
    assert model_bytes != run_copy.model.read_bytes()


NAMES = ["", "  ", "a\nb", "x" * 256, "caf\udce9", "ANT", "a nt", "ant"]


@pytest.mark.parametrize("name", NAMES, ids=map(ascii, NAMES))
def test_a_name_that_no_new_class_can_have_is_refused_in_words(run_copy, new_class, model_bytes, name):
    with pytest.raises(DataError) as caught:
        enroll(run_copy, name, new_class / "0.png")
    assert caught.value.hint
    assert run_copy.model.read_bytes() == model_bytes


def test_a_name_that_differs_from_an_enrolled_one_in_case_alone_is_refused(run_copy, new_class):
    enroll(run_copy, "gnu", new_class / "0.png")
    with pytest.raises(DataError, match="'Gnu' is nearly the name of the class 'gnu'"):
        enroll(run_copy, "Gnu", new_class / "1.png")


def test_pictures_that_cannot_be_read_are_all_named_and_nothing_is_enrolled(
    run_copy, new_class, model_bytes, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)  # long paths are shortened in messages
    (tmp_path / "empty.png").touch()
    (tmp_path / "text.png").write_text("no picture")
    with pytest.raises(DataError, match=r"empty\.png.*text\.png.*gone\.png.*nothing was enrolled"):
        enroll(run_copy, "gnu", [new_class / "0.png", *(Path(f"{name}.png") for name in ("empty", "text", "gone"))])
    assert run_copy.model.read_bytes() == model_bytes


def test_no_picture_at_all_is_refused(run_copy):
    with pytest.raises(DataError, match="no picture to know the class by"):
        enroll(run_copy, "gnu", [])


def test_the_same_picture_twice_is_refused_also_under_another_name(run_copy, new_class, tmp_path):
    shutil.copy(new_class / "0.png", tmp_path / "copy.png")
    with pytest.raises(DataError, match=r"copy\.png is the same picture as .*0\.png"):
        enroll(run_copy, "gnu", [new_class / "0.png", tmp_path / "copy.png"])


def test_a_picture_that_is_enrolled_already_is_refused(run_copy, new_class):
    enroll(run_copy, "gnu", new_class / "0.png")
    for name in ("gnu", "yak"):
        with pytest.raises(DataError, match="enrolled already, as 'gnu'"):
            enroll(run_copy, name, new_class / "0.png")


def test_a_picture_that_was_saved_anew_for_another_class_is_pointed_out(run_copy, new_class, tmp_path):
    Image.open(new_class / "0.png").save(tmp_path / "again.bmp")
    enroll(run_copy, "gnu", some(new_class, 0, 1))
    listener = Listener()
    sightline.enroll(run_copy.folder, "yak", [tmp_path / "again.bmp", new_class / "5.png"], narrator=listener)
    assert listener.said == ["to the model, again.bmp is the same as a picture that the class 'gnu' is known by"]


def test_a_picture_that_the_model_has_learnt_from_is_refused(run_copy, flowers):
    with pytest.raises(DataError, match=r"picture of the model's (train|validation) part"):
        enroll(run_copy, "gnu", [flowers / "ant"])


def test_of_a_million_pictures_the_bound_is_said_before_they_are_read(run_copy, new_class, monkeypatch):
    monkeypatch.setattr(new_pictures, "MOST_AT_ONCE", 3)
    with pytest.raises(DataError, match="more than 3 pictures of one class"):
        enroll(run_copy, "gnu", [new_class])


def test_a_file_alone_says_what_it_lacks(run_copy, new_class, tmp_path):
    shutil.copy(run_copy.model, tmp_path / "alone.sightline")
    with pytest.raises(BundleError, match=r"alone\.sightline has learnt: there is no examples\.safetensors beside it"):
        sightline.enroll(tmp_path / "alone.sightline", "gnu", new_class / "0.png", narrator=Silent())


def test_what_was_learnt_or_never_enrolled_cannot_be_forgotten(run_copy, model_bytes):
    with pytest.raises(DataError, match="has learnt the class 'ant'"):
        sightline.forget(run_copy.folder, "ant", narrator=Silent())
    with pytest.raises(DataError, match="no class 'gnu' was enrolled"):
        sightline.forget(run_copy.folder, "gnu", narrator=Silent())
    assert run_copy.model.read_bytes() == model_bytes


def test_a_full_disk_leaves_the_old_file(run_copy, new_class, model_bytes, room_for_files):
    with room_for_files(1000), pytest.raises(RunError, match="can't be written"):
        enroll(run_copy, "gnu", new_class / "0.png")
    assert run_copy.model.read_bytes() == model_bytes
    assert not list(run_copy.folder.glob(".model.sightline.[!l]*"))


def _enroll_one(folder, name, picture):
    sightline.enroll(folder, name, picture, narrator=Silent())


def _enroll_for_ever(folder, picture):
    for number in count():
        sightline.enroll(folder, f"gnu {number}", picture, narrator=Silent())
        sightline.forget(folder, f"gnu {number}", narrator=Silent())


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="there is no SIGKILL here")
def test_an_enrolment_that_is_killed_leaves_the_old_file_or_the_new_one(run_copy, new_class, model_bytes):
    context = multiprocessing.get_context("fork")
    for attempt in range(4):
        process = context.Process(target=_enroll_for_ever, args=(run_copy.folder, new_class / "0.png"))
        process.start()
        process.join(0.15 + 0.07 * attempt)
        os.kill(process.pid, signal.SIGKILL)
        process.join()
        for name in load(run_copy.model).classes[6:]:  # a file that is no whole one would be refused
            sightline.forget(run_copy.folder, name, narrator=Silent())
        assert run_copy.model.read_bytes() == model_bytes


def test_two_processes_that_enroll_at_once_both_succeed(run_copy, new_class):
    context = multiprocessing.get_context("fork")
    processes = [
        context.Process(target=_enroll_one, args=(run_copy.folder, name, new_class / f"{number}.png"))
        for number, name in enumerate(("gnu", "yak", "emu"))
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0, 0, 0]
    assert set(load(run_copy.model).classes[6:]) == {"gnu", "yak", "emu"}
