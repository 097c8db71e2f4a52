from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

import sightline
from sightline.core.errors import DataError, SettingsError
from sightline.data.catalog import TEST, TRAIN, VALIDATION
from sightline.data.checks import check_split
from sightline.data.opening import open_catalog
from sightline.data.splits import split
from sightline.data.survey import survey
from sightline.data.times.reading import times_of, without_time
from sightline.imaging.camera import camera_of
from sightline.imaging.exif import Exif
from sightline.imaging.photo import open_photo
from sightline.imaging.taken import seconds_of, taken_seconds
from sightline.line.input.checked_split import checked_split
from sightline.line.narrator import Silent
from sightline.line.settings.values import Settings

ORIGINAL, EXIF_DIRECTORY = 36_867, 34_665


def exif_of(text):
    exif = Image.Exif()
    exif.get_ifd(EXIF_DIRECTORY)[ORIGINAL] = text
    return exif.tobytes()


@pytest.fixture
def timed(table):
    """Forty pictures of two classes, one a minute, in the order of their rows."""
    surveyed = table([("ant" if number % 2 else "bee", f"picture {number}") for number in range(40)])
    return replace(surveyed, taken=60.0 * np.arange(1, 41))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_the_time_in_a_file_s_exif_data_is_read(kind, encoded, noise):
    payload = encoded(noise(), kind, exif=exif_of("2024:03:01 12:00:30"))
    assert open_photo(payload, name="a").facts.taken == seconds_of("2024-03-01 12:00:30") > 1.7e9


def test_the_tags_are_found_where_pillow_finds_them():
    exif = exif_of("2023:12:31 23:59:59")
    theirs = Image.Exif()
    theirs.load(exif)
    assert taken_seconds(Exif.of(exif)) == seconds_of(theirs.get_ifd(EXIF_DIRECTORY)[ORIGINAL])


@pytest.mark.parametrize("text", ["", "0000:00:00 00:00:00", "    :  :     :  :  ", "yesterday", "nan", "inf"])
def test_what_is_no_time_is_unknown(text):
    assert seconds_of(text) == 0
    assert taken_seconds(Exif.of(exif_of(text))) == 0


def test_exif_data_that_are_cut_anywhere_or_rotten_say_nothing_and_end():
    whole = exif_of("2024:03:01 12:00:30")
    for end in range(len(whole)):
        for cut in (whole[:end], whole[:end] + b"\xff" * (len(whole) - end)):
            taken_seconds(Exif.of(cut))
            camera_of(Exif.of(cut))
    assert taken_seconds(Exif.of("text")) == taken_seconds(Exif.of(None)) == 0


@pytest.mark.parametrize(
    ("make", "model", "name"),
    [
        ("Canon", "Canon EOS 5D", "Canon EOS 5D"),
        ("NIKON", "D70\0", "NIKON D70"),
        ("", "", ""),
        ("x" * 40, "\n\xe9", "x" * 32),
    ],
)
def test_a_camera_is_called_by_its_maker_and_model_once(make, model, name):
    exif = Image.Exif()
    exif[271], exif[272] = make, model
    assert camera_of(Exif.of(exif.tobytes())) == name


def test_the_latest_pictures_are_tested_on_and_those_before_them_chosen_by(timed):
    division = split(timed, times=times_of(timed), test_fraction=0.25, validation_fraction=0.25)
    assert division.rows(TRAIN).tolist() == [*range(20)]
    assert division.rows(VALIDATION).tolist() == [*range(20, 30)]
    assert division.rows(TEST).tolist() == [*range(30, 40)]


def test_a_group_and_a_series_stay_together_and_count_by_their_latest_picture(table):
    rows = [("ant" if number % 2 else "bee", f"p{number}", "film" if number in (0, 39) else "") for number in range(40)]
    taken = 60.0 * np.arange(1, 41)
    taken[25:35] = taken[25] + 5 * np.arange(10)  # a series over the place where the test part would begin
    surveyed = replace(table(rows), taken=taken)
    parts = split(surveyed, times=times_of(surveyed), test_fraction=0.25, validation_fraction=0.2).parts
    assert parts[0] == parts[39] == TEST
    assert len({*parts[25:35]}) == 1


@pytest.mark.parametrize(("step", "tested"), [(1, 6), (4, 8), (14, 12)], ids=["running number", "tens", "three years"])
def test_plain_numbers_are_no_seconds_and_equal_ones_alone_stay_together(timed, step, tested):
    cells = tuple(str(number // step) for number in range(40))
    surveyed = replace(timed, catalog=replace(timed.catalog, columns={"depth": cells}))
    division = split(surveyed, times=times_of(surveyed, "depth"))
    assert division.rows(TEST).tolist() == [*range(40 - tested, 40)]
    assert len(division.rows(VALIDATION))
    assert not any(len({division.parts[row] for row in range(40) if cells[row] == cell}) > 1 for cell in cells)


@pytest.mark.parametrize(
    ("taken", "reason"),
    [
        (np.full(40, 1e9), "40 of 40 pictures have a time, and they are 1 series or group,"),
        (np.where(np.arange(40) < 38, 0, 1e9), "2 of 40 pictures have a time, and they are 1 series or group,"),
    ],
)
def test_too_few_times_are_the_reason_for_an_empty_part(timed, taken, reason):
    surveyed = replace(timed, taken=taken)
    times = times_of(surveyed)
    (finding,) = check_split(surveyed, split(surveyed, times=times), times=times)
    assert finding.code == "empty-part"
    assert reason in finding.symptom
    assert "leave --split-by out" in finding.advice


def test_a_wish_to_split_by_time_that_given_parts_overrule_is_answered(timed):
    parts = tuple(("train", "test")[number % 4 == 0] for number in range(40))
    settings = Settings().named({"split_by": "time"})
    for given, decides in ((parts, "the validation part alone"), (("validation", *parts[1:]), "nothing")):
        surveyed = replace(timed, catalog=replace(timed.catalog, parts=given))
        _, findings = checked_split(surveyed, settings, test_fraction=0.15)
        (finding,) = (finding for finding in findings if finding.code == "split-by-unused")
        assert f"--split-by time decides {decides}" in finding.symptom


def test_pictures_without_a_time_are_learnt_from_and_named(timed):
    surveyed = replace(timed, taken=np.where(np.arange(40) < 35, timed.taken, 0))
    times = times_of(surveyed)
    assert {*split(surveyed, times=times).parts[35:]} == {TRAIN}
    (finding,) = without_time(surveyed, times)
    assert (finding.code, len(finding.evidence)) == ("no-time", 5)
    with pytest.raises(DataError, match="can't be split by time"):
        times_of(replace(timed, taken=np.zeros(40)))


def test_a_random_split_of_series_is_found_and_one_by_time_is_not(timed):
    series = replace(timed, taken=1e9 + 3600.0 * (np.arange(40) // 4) + np.arange(40) % 4)
    codes = {finding.code for finding in check_split(series, split(series))}
    assert "series-in-two-parts" in codes
    by_time = split(series, times=times_of(series))
    assert "series-in-two-parts" not in {finding.code for finding in check_split(series, by_time)}
    assert "series-in-two-parts" not in {finding.code for finding in check_split(timed, split(timed))}


def test_a_column_of_the_table_gives_the_time_and_a_slip_is_told(flowers, tmp_path):
    pictures = sorted(flowers.rglob("*.png"))
    lines = [f"{picture},{picture.parent.name},2024-01-{1 + number % 28:02}" for number, picture in enumerate(pictures)]
    (tmp_path / "table.csv").write_text("\n".join(["path,label,Date", *lines]))
    surveyed = survey(open_catalog(tmp_path / "table.csv"))
    times = times_of(surveyed)
    np.testing.assert_array_equal(times.values, times_of(surveyed, "Date").values)
    assert len({*times.values.tolist()}) == 28
    with pytest.raises(SettingsError, match="no column to split by named 'Dat'"):
        times_of(surveyed, "Dat")


def test_a_training_splits_by_time_where_that_is_asked(tmp_path, encoded, noise):
    for number in range(24):
        path = tmp_path / "set" / ("ant", "bee")[number % 2] / f"{number}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(encoded(noise(number), "JPEG", exif=exif_of(f"2024:03:{number + 1:02} 12:00:00")))
    options = {"model": "linear", "epochs": 1, "baseline": "none", "split_by": "time", "narrator": Silent()}
    run = sightline.train(tmp_path / "set", out=tmp_path / "run", **options)
    rows = [line.split(",") for line in (run.folder / "split.csv").read_text().splitlines()[1:]]
    tested = {int(row[0].split("/")[1].removesuffix(".jpg")) for row in rows if row[3] == TEST}
    assert tested == {20, 21, 22, 23}
