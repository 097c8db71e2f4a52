"""The page of the service, used as people use it: in a browser, against a real service."""

import base64
import os
import signal
from pathlib import Path

import numpy as np
import pytest

from sightline.app.serving.answers.loading import load_and_try
from sightline.core.percent import percent
from sightline.inference.tasks import load

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

HANG_MILLISECONDS = 60_000
"""No step takes so long, on a slow machine either: it catches what hangs."""
CHROMIUM = Path(os.environ.get("CHROMIUM", "/usr/bin/chromium"))
CAMERA = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
CALIBRATION = {"factor": 1.0, "level": 0.9, "threshold": 0.34, "count": 200}
HOSTILE = "<img src=x onerror=alert(1)>&amp;.png"
SECRET = "s3cret-enough-for-a-test"  # noqa: S105 - of this test alone
FIGURES = {"count": 268, "accuracy": 0.9627, "accuracy_interval": [0.933, 0.98], "macro_f1": 0.5}

SMALLEST_CONTRAST = """
() => {
  const channels = (text) => text.match(/[\\d.]+/g).map(Number);
  const luminance = ([r, g, b]) => {
    const [red, green, blue] = [r, g, b].map((value) => value / 255)
      .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const behind = (element) => {
    const colour = channels(getComputedStyle(element).backgroundColor);
    return colour[3] === 0 ? behind(element.parentElement) : colour;
  };
  const hasText = (element) => [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
  const ratios = [...document.querySelectorAll("body *")]
    .filter((element) => hasText(element) && element.checkVisibility())
    .map((element) => {
      const both = [channels(getComputedStyle(element).color), behind(element)].map(luminance).sort((a, b) => b - a);
      return [(both[0] + 0.05) / (both[1] + 0.05), element.outerHTML.slice(0, 120)];
    });
  return [ratios.length, ...ratios.sort(([a], [b]) => a - b)[0]];
}
"""
KEPT = """
(url) => new Promise((resolve) => {
  const image = new Image();
  Object.assign(image, { onload: () => resolve(true), onerror: () => resolve(false), src: url });
})
"""
NAMELESS = """
() => [...document.querySelectorAll("button, input, select, video, progress, section, img")]
  .filter((element) => {
    const by = element.getAttribute("aria-labelledby");
    const named = by ? document.getElementById(by).textContent : element.getAttribute("aria-label")
      || element.labels?.[0]?.textContent || (element.matches("button") && element.textContent);
    return element.matches("img") ? !element.hasAttribute("alt") : !named?.trim();
  })
  .map((element) => element.outerHTML)
"""
GIVEN_BY_EVENT = """
([kind, name, base64]) => {
  const data = new DataTransfer();
  data.items.add(new File([Uint8Array.from(atob(base64), (sign) => sign.charCodeAt(0))], name, { type: "image/png" }));
  const [Kind, key] = kind === "paste" ? [ClipboardEvent, "clipboardData"] : [DragEvent, "dataTransfer"];
  document.body.dispatchEvent(new Kind(kind, { bubbles: true, cancelable: true, [key]: data }));
}
"""
CUT_OFF = """
() => [...document.querySelectorAll("body *:not(.unseen, select)")]
  .filter((element) => element.clientWidth && element.scrollWidth > element.clientWidth + 1)
  .map((element) => element.outerHTML.slice(0, 120))
"""
FOCUSED = """
() => {
  const { id, className } = document.activeElement;
  return [id, className, getComputedStyle(document.activeElement).outlineStyle];
}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("page")


@pytest.fixture(scope="module")
def models(folder, write_model, write_run):
    """Return models by name: one that says what it is worth, one that says too much of itself, and one without."""
    classes = ["<b>ant</b>", "b" * 300, "cat"]
    return {
        "insects": write_run(folder / "insects", figures=FIGURES, calibration=CALIBRATION),
        "plain": write_run(folder / "plain", classes=classes, licence=HOSTILE),
        "bare": write_model(folder / "bare.sightline"),
    }


@pytest.fixture(scope="module")
def address(begin, folder, models):
    with begin(folder, models) as service:
        yield service.address


@pytest.fixture(scope="module")
def guarded_address(begin, folder, models):
    with begin(folder, models, token=SECRET) as service:
        yield service.address


@pytest.fixture(scope="module")
def teaching_address(begin, folder, write_run):
    with begin(folder, {"taught": write_run(folder / "taught", count=12)}, teach=True) as service:
        yield service.address


@pytest.fixture(scope="module")
def browser():
    if not CHROMIUM.exists():
        pytest.skip(f"there is no browser at {CHROMIUM}; CHROMIUM may name another")
    sync_api.expect.set_options(timeout=HANG_MILLISECONDS)
    with sync_api.sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", *CAMERA])


@pytest.fixture
def open_page(browser, address):
    """Return an opener of pages; in the end none of them may have asked another host or complained."""
    contexts, asked, complaints = [], [], []

    def open_one(at=address, *, width=1200, script="", **options):
        context = browser.new_context(viewport={"width": width, "height": 900}, **options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(HANG_MILLISECONDS)
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda error: complaints.append(error.message))
        page.on("console", lambda line: "Failed to load" in line.text or complaints.append(line.text))
        page.add_init_script(script)
        page.goto(at)
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert not complaints
    assert all(url.startswith(("http://127.0.0.1:", "blob:http://127.0.0.1:", "data:")) for url in asked)


@pytest.fixture
def page(open_page):
    return open_page()


@pytest.fixture
def pictures(tmp_path, noise):
    """Return a writer of `count` pictures of which no two are equal."""

    def write(count):
        paths = [tmp_path / f"{number}.png" for number in range(count)]
        for number, path in enumerate(paths):
            noise(number, height=24, width=36).save(path)
        return paths

    return write


def pick(page, *paths):
    page.set_input_files("#files", paths)


def choose(page, model):
    """Choose a model, and wait until the page describes it."""
    page.select_option("#model", model)
    sync_api.expect(page.locator("#about-title")).to_have_text(f"About {model}")


def wait_for_answers(page, count):
    sync_api.expect(page.locator(".card:not(.waiting)")).to_have_count(count)


def headlines(page):
    return page.locator("#cards h3").all_inner_texts()


def expected_headline(model, path):
    prediction = load(model).predict(path)
    return f"{prediction.label}, {percent(prediction.confidence)}"


def as_event(path):
    return base64.b64encode(path.read_bytes()).decode()


def test_two_picked_files_are_answered_as_the_model_answers(page, pictures, models):
    paths = pictures(2)
    pick(page, *paths)
    wait_for_answers(page, 2)
    assert headlines(page) == [expected_headline(models["insects"], path) for path in paths]
    first = page.locator(".card").first
    shares = [float(text[:-2]) for text in first.locator(".share").all_inner_texts()]
    widths = [bar.bounding_box()["width"] for bar in first.locator(".fill").all()]
    whole = first.locator(".track").first.bounding_box()["width"]
    np.testing.assert_allclose(np.array(widths) / whole, np.array(shares) / 100, atol=0.02)
    assert sum(shares) == pytest.approx(100, abs=0.2)


@pytest.mark.parametrize("kind", ["paste", "drop"])
def test_pasted_and_dropped_pictures_are_answered(page, pictures, models, kind):
    (path,) = pictures(1)
    sync_api.expect(page.locator("#about")).to_be_visible()
    page.evaluate(GIVEN_BY_EVENT, [kind, "given.png", as_event(path)])
    wait_for_answers(page, 1)
    assert headlines(page) == [expected_headline(models["insects"], path)]


def test_a_dropped_folder_gives_the_files_in_it(page, pictures):
    folder = pictures(3)[0].parent
    (folder / "deeper").mkdir()
    (folder / "0.png").rename(folder / "deeper" / "0.png")
    place = page.locator("#pick").bounding_box()
    drop = {
        "x": place["x"] + 9,
        "y": place["y"] + 9,
        "data": {"items": [], "files": [str(folder)], "dragOperationsMask": 1},
    }
    devtools = page.context.new_cdp_session(page)
    for step in ("dragEnter", "dragOver", "drop"):
        devtools.send("Input.dispatchDragEvent", {"type": step, **drop})
    wait_for_answers(page, 3)


def test_everything_works_by_keyboard_and_shows_its_focus(page, pictures):
    with page.expect_file_chooser() as chooser:
        tab_to(page, "pick")
        page.keyboard.press("Enter")
    chooser.value.set_files(pictures(1))
    wait_for_answers(page, 1)
    tab_to(page, "look")
    page.keyboard.press("Space")
    sync_api.expect(page.locator(".look")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("Space")
    sync_api.expect(page.locator(".heat")).to_be_hidden()


def tab_to(page, name):
    for _ in range(20):
        page.keyboard.press("Tab")
        *names, outline = page.evaluate(FOCUSED)
        assert outline != "none"
        if name in names:
            return
    raise AssertionError(f"no way to {name} by tab")


def test_the_skip_link_leads_to_the_answers(page):
    page.keyboard.press("Tab")
    assert page.locator(".skip").bounding_box()["y"] >= 0
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "answers"


def test_a_broken_file_gets_its_problem_and_its_hint_beside_the_others(page, pictures, faults):
    good, bad = pictures(2)
    bad.write_bytes(faults["png-cut.png"])
    pick(page, bad, good)
    wait_for_answers(page, 2)
    assert headlines(page)[0] == "No answer"
    assert "1.png" in page.inner_text(".card .problem")
    assert page.inner_text(".card .hint")
    assert page.inner_text("#progress").strip() == "1 answer; 1 picture without one."


def test_each_of_several_broken_files_gets_its_own_problem(page, pictures, faults):
    for path in pictures(2):
        path.write_bytes(faults["png-cut.png"])
    pick(page, *sorted(path.parent.glob("*.png")))
    wait_for_answers(page, 2)
    problems = page.locator(".card .problem").all_inner_texts()
    assert ["0.png" in problems[0], "1.png" in problems[1]] == [True, True]


def test_a_hostile_file_name_stays_a_name(page, pictures):
    (path,) = pictures(1)
    pick(page, path.rename(path.with_name(HOSTILE)))
    wait_for_answers(page, 1)
    assert page.inner_text(".card .name").startswith(HOSTILE)
    assert page.locator("img[src='x']").count() == 0


def test_hostile_names_of_a_model_stay_names(page, pictures):
    choose(page, "plain")
    pick(page, *pictures(1))
    wait_for_answers(page, 1)
    assert HOSTILE in page.inner_text("#about")
    assert page.locator("#about b, .card b, img[src='x']").count() == 0
    assert "<b>ant</b>" in page.inner_text(".bars")


def test_a_token_is_asked_for_until_it_fits_and_never_kept_for_good(open_page, guarded_address, pictures):
    page = open_page(guarded_address)
    page.fill("#token", "wrong")
    page.click("#token-form button")
    sync_api.expect(page.locator("#token-form .problem")).not_to_be_empty()
    page.fill("#token", SECRET)
    with page.expect_request("**/v1/models/insects") as asked:
        page.keyboard.press("Enter")
    assert asked.value.headers["authorization"] == f"Bearer {SECRET}"
    pick(page, *pictures(1))
    wait_for_answers(page, 1)
    assert page.evaluate("[localStorage.length, document.cookie]") == [0, ""]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_stands_out_from_what_is_behind_it(open_page, pictures, faults, scheme):
    page = open_page(color_scheme=scheme)
    good, bad = pictures(2)
    bad.write_bytes(faults["png-cut.png"])
    pick(page, good, bad)
    wait_for_answers(page, 2)
    count, ratio, where = page.evaluate(SMALLEST_CONTRAST)
    assert count > 30
    assert ratio >= 4.5, where
    bright = page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert bright == (scheme == "light")


@pytest.mark.parametrize("width", [320, 375])
def test_a_narrow_screen_needs_no_sideways_scrolling(open_page, pictures, width):
    page = open_page(width=width)
    choose(page, "plain")
    (path,) = pictures(1)
    pick(page, path.rename(path.with_name(f"{'long' * 50}.png")))
    wait_for_answers(page, 1)
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert page.evaluate(CUT_OFF) == []


def test_every_control_and_picture_has_a_name_and_headings_keep_their_order(page, pictures):
    pick(page, *pictures(2))
    wait_for_answers(page, 2)
    assert page.evaluate(NAMELESS) == []
    assert page.locator(".given").first.get_attribute("alt") == "Your picture 0.png"
    headings = page.locator("h1, h2, h3").evaluate_all("(all) => all.map((one) => Number(one.tagName[1]))")
    assert headings == [1, 2, 2, 3, 3, 2, 2]
    assert page.locator("html").get_attribute("lang") == "en"


def test_an_answer_is_said_to_a_screen_reader(page, pictures, models):
    (path,) = pictures(1)
    pick(page, path)
    prediction = load(models["insects"]).predict(path)
    sync_api.expect(page.locator("[role=status]#said")).to_have_text(
        f"0.png: {prediction.label}, {round(100 * prediction.confidence)} per cent"
    )


def test_sets_and_refusals_are_said_only_where_the_model_has_them(page, pictures):
    pick(page, *pictures(1))
    wait_for_answers(page, 1)
    text = page.inner_text(".card")
    assert "Confidence (calibrated)" in text
    assert "9 times in 10 the right answer is among: " in text
    page.select_option("#model", "plain")
    page.click("#ask-again")
    sync_api.expect(page.locator(".measure")).to_have_text("Confidence (not calibrated)")
    assert page.locator(".set, .refusal").locator("visible=true").count() == 0
    assert page.inner_text(".card .name") == "0.png · model plain"


def test_shares_are_written_as_in_the_report(page):
    shares = [0, 0.00002, 0.0004, 0.5, 0.9704, 0.99993, 0.9999999, 1]
    written = page.evaluate("async (shares) => shares.map((await import('/words.js')).percent)", shares)
    assert written == [percent(share) for share in shares]


def test_the_model_says_what_it_is_worth(page):
    sync_api.expect(page.locator("#summary")).to_have_text(
        "On 268 test pictures it never saw, insects named "
        "96.3\u00a0% (95\u00a0% interval 93.3 to 98.0\u00a0%) correctly."
    )
    facts = page.inner_text("#about")
    assert all(
        word in facts for word in ("ant, bee, cat", "16 pixels high, 12 wide", "rgb", "unstated", "Macro F1", "1,731")
    )


def test_the_heat_map_lies_over_the_picture_and_says_what_it_shows(page, pictures):
    pick(page, *pictures(1))
    wait_for_answers(page, 1)
    page.click(".look")
    sync_api.expect(page.locator(".heat")).to_be_visible()
    assert page.locator(".heat").bounding_box() == page.locator(".frame").bounding_box()
    assert "covering this place lowers the confidence" in page.inner_text(".legend")
    assert page.locator(".heat").evaluate("(map) => map.naturalWidth / map.naturalHeight") == 36 / 24


def test_the_nearest_training_pictures_stand_under_their_answer(page, pictures, models):
    (path,) = pictures(1)
    pick(page, path)
    wait_for_answers(page, 1)
    loaded = load_and_try("insects", models["insects"])
    pixels = loaded.classifier.format.read(path.read_bytes(), name="0.png")[None]
    decided, (near,) = loaded.answers(pixels, neighbours=4)
    answer = loaded.classifier.classes[decided.probabilities.argmax()]
    assert page.locator(".thumbnails .class").all_inner_texts() == [one.label for one in near]
    same = sum(one.label == answer for one in near)
    assert page.inner_text(".alike") == (
        f"Of the 4 nearest training pictures, {('none is', '1 is', '2 are')[same]} “{answer}”."
    )
    assert "among 6 pictures" in page.inner_text(".among")
    for place, one in enumerate(near):
        image = page.locator(".thumbnails img").nth(place)
        remark = "" if one.label == answer else ", another class than the answer"
        assert image.get_attribute("alt") == f"A training picture of “{one.label}”{remark}"
        assert image.get_attribute("src").partition(",")[2] == base64.b64encode(one.thumbnail).decode()
        assert image.evaluate("(image) => image.naturalWidth") == 20
        style = image.evaluate("(image) => getComputedStyle(image).borderTopStyle")
        assert style == ("dashed" if remark else "solid")


def test_beside_a_refusal_no_training_picture_is_of_another_class(open_page, begin, write_run, pictures, tmp_path):
    run = write_run(tmp_path / "run", calibration=CALIBRATION | {"threshold": 1.0})
    with begin(tmp_path, {"a": run}) as service:
        page = open_page(service.address)
        pick(page, *pictures(1))
        wait_for_answers(page, 1)
        assert headlines(page) == ["None of these"]
        assert page.inner_text(".alike") == "The nearest training pictures:"
        assert page.locator(".thumbnails li").count() == 4
        assert page.locator(".thumbnails .other").count() == 0


def test_a_model_without_training_pictures_shows_none(page, pictures):
    choose(page, "bare")
    pick(page, *pictures(1))
    wait_for_answers(page, 1)
    sync_api.expect(page.locator(".bars li")).to_have_count(3)
    sync_api.expect(page.locator(".near")).to_have_attribute("hidden", "")
    assert "Nearest pictures" not in page.inner_text("#about")


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="there is no SIGHUP here")
def test_a_model_that_was_changed_meanwhile_is_described_anew(open_page, begin, write_model, pictures, tmp_path):
    served = write_model(tmp_path / "served.sightline")
    paths = pictures(3)
    with begin(tmp_path, {"a": served}) as service:
        page = open_page(service.address)
        pick(page, paths[0])
        wait_for_answers(page, 1)
        write_model(served, classes=["oak", "yew", "fir"])
        service.process.send_signal(signal.SIGHUP)
        service.wait_for("a: serving", times=2)
        page.locator(".look").click()
        sync_api.expect(page.locator(".legend")).to_contain_text("The model has changed since.")
        pick(page, *paths[1:])
        wait_for_answers(page, 3)
        sync_api.expect(page.locator("#about .facts")).to_contain_text("oak, yew, fir")
        assert [name in ("ant", "bee", "cat") for name in labels(page)] == [True, False, False]
        page.get_by_role("button", name="Ask the new version about these 3 pictures").click()
        sync_api.expect(page.locator("#ask-again")).to_be_hidden()
        wait_for_answers(page, 3)
        assert set(labels(page)) <= {"oak", "yew", "fir"}


def labels(page):
    return [headline.partition(",")[0] for headline in headlines(page)]


def test_a_busy_service_is_asked_again(page, pictures):
    answers = iter(["1", None])

    def busy_once(route):
        if seconds := next(answers):
            route.fulfill(status=503, headers={"Retry-After": seconds}, json={"error": {}})
        else:
            route.continue_()

    page.route("**/predict*", busy_once)
    pick(page, *pictures(1))
    sync_api.expect(page.locator("#progress")).to_contain_text("The service is busy; asking again in 1 s.")
    wait_for_answers(page, 1)


def test_pictures_wait_while_the_service_is_away(page, pictures):
    sync_api.expect(page.locator("#about")).to_be_visible()
    page.context.set_offline(True)
    pick(page, *pictures(3))
    sync_api.expect(page.locator("#trouble")).to_contain_text("can't be reached")
    page.context.set_offline(False)
    page.click("#again")
    wait_for_answers(page, 3)
    sync_api.expect(page.locator("#trouble")).to_be_hidden()


def test_one_picture_that_breaks_the_connection_does_not_hold_up_the_others(page, pictures):
    def hang_up(route):
        if b'filename="1.png"' in route.request.post_data_buffer:
            route.abort("connectionreset")
        else:
            route.continue_()

    page.route("**/predict*", hang_up)
    pick(page, *pictures(4))
    wait_for_answers(page, 4)
    assert [text == "No answer" for text in headlines(page)] == [False, True, False, False]


def test_hundreds_of_pictures_go_in_small_groups_and_only_those_near_are_drawn(page, pictures):
    asked = []
    page.on("request", lambda request: asked.append(request) if "predict" in request.url else None)
    pick(page, *pictures(100))
    wait_for_answers(page, 100)
    assert len(asked) == 13  # eight at a time
    times = [(one.timing["startTime"], one.timing["startTime"] + one.timing["responseEnd"]) for one in asked]
    assert all(sum(start <= moment < end for start, end in times) <= 2 for moment, _ in times)
    assert page.locator(".name").all_text_contents() == [f"{number}.png · model insects" for number in range(100)]
    assert 0 < page.locator(".given[src]").count() < 60
    page.locator(".card").last.scroll_into_view_if_needed()
    sync_api.expect(page.locator(".card").last.locator(".bars li")).to_have_count(3)
    sync_api.expect(page.locator("li:first-child .given[src]")).to_have_count(0)


def test_clear_forgets_everything(page, pictures):
    pick(page, *pictures(2))
    wait_for_answers(page, 2)
    picture = page.locator(".given").first.get_attribute("src")
    page.click("#clear")
    assert page.locator("#cards li").count() == 0
    assert page.inner_text("#progress").strip() == "None yet."
    assert page.evaluate("document.activeElement.id") == "pick"
    assert picture.startswith("blob:")
    assert page.evaluate(KEPT, picture) is False


def test_a_camera_picture_is_answered(page):
    page.click("#camera")
    page.click("#shoot")
    wait_for_answers(page, 1)
    track = page.evaluate_handle("document.querySelector('video').srcObject.getTracks()[0]")
    page.click("#camera")
    assert track.evaluate("(track) => track.readyState") == "ended"
    assert page.evaluate("document.querySelector('video').srcObject") is None


def test_where_no_camera_is_allowed_the_page_says_why(open_page):
    page = open_page(script="delete Navigator.prototype.mediaDevices")
    page.click("#camera")
    sync_api.expect(page.locator("#camera-trouble")).to_contain_text("only over https")


def test_a_class_is_taught_on_the_page_known_at_the_next_picture_and_forgotten(open_page, teaching_address, pictures):
    page = open_page(teaching_address)
    paths = pictures(2)
    sync_api.expect(page.locator("#teach-it")).to_be_disabled()
    page.fill("#class-name", "gnu")
    page.set_input_files("#class-files", paths)
    page.check("#keep-pictures")
    page.click("#teach-it")
    sync_api.expect(page.locator("#taught")).to_contain_text("gnu")
    sync_api.expect(page.locator("#teach [role=status]")).to_have_text("It knows gnu by 2 pictures now.")
    pick(page, paths[0])
    wait_for_answers(page, 1)
    sync_api.expect(page.locator(".card h3")).to_contain_text("gnu")
    sync_api.expect(page.locator(".card .match")).to_contain_text("Nearest enrolled picture")
    shown = page.get_by_alt_text("An enrolled picture of “gnu”")
    assert shown.evaluate("(image) => image.decode().then(() => image.naturalWidth)") > 0
    assert page.evaluate(NAMELESS) == []
    assert page.evaluate(CUT_OFF) == []
    page.get_by_role("button", name="Forget gnu").click()
    sync_api.expect(page.locator("#taught li")).to_have_count(0)


def test_the_page_offers_no_teaching_where_the_service_does_not(page):
    assert page.locator("#teaching").is_hidden()
    assert page.locator("#shoot-class").is_hidden()
