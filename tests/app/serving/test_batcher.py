import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from PIL import Image

from sightline.app.http.refusal import Refusal
from sightline.app.http.upload import Upload
from sightline.app.serving.answers.batcher import Batcher
from sightline.app.serving.answers.loading import load_and_try
from sightline.app.serving.answers.picture import Question
from sightline.app.serving.metrics import Metrics


@pytest.fixture
def with_batcher(tmp_path, write_run, caplog):
    """Return a function that runs a coroutine function with a batcher and the metrics of its model."""
    model = load_and_try("a", write_run(tmp_path / "a"))

    def run(work: Callable, most=300):
        async def begin():
            decoders, metrics = ThreadPoolExecutor(2), Metrics(["a"])
            batcher = Batcher(model, decoders, most_pictures=most, metrics=metrics.of_model("a"))
            try:
                await work(batcher, metrics)
            finally:
                await asyncio.to_thread(decoders.shutdown, cancel_futures=True)
                batcher.inside = 0  # else the thread would wait for those who did not leave
                batcher.close()
                await asyncio.to_thread(batcher.join)
            assert caplog.text == ""

        asyncio.run(begin())

    return run


def sizes_of(metrics):
    """Return how many batches there were, and how many pictures in them together."""
    lines = dict(line.rsplit(" ", 1) for line in metrics.text().decode().splitlines() if line[0] != "#")
    return [float(lines[f'sightline_batch_pictures_{name}{{model="a"}}']) for name in ("count", "sum")]


async def answered(batcher, upload, question=Question()):  # noqa: B008 - it is frozen
    """Return the outcome of one picture."""
    (outcome,) = await asyncio.wait_for(batcher.answers([upload], question), 60)
    return outcome


async def begun(batcher, uploads, question=Question()):  # noqa: B008 - it is frozen
    """Return the task of a request that waits for its answers."""
    task = asyncio.create_task(batcher.answers(uploads, question))
    await asyncio.sleep(0)
    return task


def test_pictures_that_wait_together_share_batches(with_batcher, picture):
    async def work(batcher, metrics):
        answers = await asyncio.gather(*(answered(batcher, Upload("a", picture(seed))) for seed in range(200)))
        assert all(isinstance(answer, dict) for answer in answers)
        count, pictures = sizes_of(metrics)
        assert pictures == 200
        assert count < 200

    with_batcher(work)


def test_of_a_shared_batch_everyone_gets_what_he_asked_for(with_batcher, picture):
    async def work(batcher, metrics):
        questions = [Question(top=1 + number % 3, neighbours=number % 4) for number in range(200)]
        upload = Upload("a", picture(1))
        answers = await asyncio.gather(*(answered(batcher, upload, question) for question in questions))
        assert [len(answer["probabilities"]) for answer in answers] == [question.top for question in questions]
        assert [len(answer["neighbours"] or ()) for answer in answers] == [
            question.neighbours for question in questions
        ]
        assert all(answer["neighbours"][0]["label"] == "bee" for answer in answers if answer["neighbours"])
        assert sizes_of(metrics)[0] < 200

    with_batcher(work)


def test_a_batcher_that_is_full_takes_no_more(with_batcher, picture):
    async def work(batcher, _):
        task = await begun(batcher, [Upload("a", picture())] * 3)
        with pytest.raises(Refusal, match="at most 3"):
            await answered(batcher, Upload("a", picture()))
        await task
        assert batcher.inside == 0
        assert isinstance(await answered(batcher, Upload("a", picture())), dict)

    with_batcher(work, most=3)


def test_who_left_is_not_answered(with_batcher, slow_picture):
    async def work(batcher, metrics):
        task = await begun(batcher, [Upload("slow", slow_picture)] * 20)
        task.cancel()
        await answered(batcher, Upload("a", slow_picture))
        assert task.cancelled()
        assert sizes_of(metrics)[1] <= 3  # one, and those that were being decoded
        assert batcher.inside == 0

    with_batcher(work)


def test_who_left_at_the_last_moment_is_not_woken(with_batcher, picture):
    async def work(batcher, metrics):
        task = await begun(batcher, [Upload("a", picture())])
        while not sizes_of(metrics)[1]:
            time.sleep(0.001)  # noqa: ASYNC251 - the event loop must not hear of it yet
        task.cancel()
        assert isinstance(await answered(batcher, Upload("a", picture())), dict)
        assert task.cancelled()

    with_batcher(work)


def test_a_small_file_that_is_much_work_is_refused_and_others_are_answered(with_batcher, picture, encoded):
    whole = encoded(Image.new("RGB", (4000, 4000)), "JPEG", progressive=True)
    last = whole.rindex(b"\xff\xda")
    scans = whole[:last] + whole[last:-2] * 1400 + whole[-2:]

    async def work(batcher, _):
        costly = [answered(batcher, Upload("scans", scans)) for _ in range(20)]
        *refusals, answer = await asyncio.gather(*costly, answered(batcher, Upload("a", picture())))
        assert isinstance(answer, dict)
        assert {refusal.status for refusal in refusals} == {422}
        assert "scans of 16,000,000 pixels" in refusals[0].problem
        assert refusals[0].hint

    with_batcher(work)


def test_a_closed_batcher_finishes_what_it_has(with_batcher, slow_picture):
    async def work(batcher, _):
        task = await begun(batcher, [Upload("a", slow_picture)] * 2, Question(explain=True))
        batcher.close()
        assert all(one["heat"] for one in await asyncio.wait_for(task, 60))

    with_batcher(work)


def test_who_has_one_picture_explained_does_not_wait_for_who_has_many(with_batcher, picture):
    async def work(batcher, _):
        many = await begun(batcher, [Upload("a", picture())] * 60, Question(explain=True))
        assert (await answered(batcher, Upload("a", picture()), Question(explain=True)))["heat"]
        assert isinstance(await answered(batcher, Upload("a", picture())), dict)
        assert not many.done()
        assert all(one["heat"] for one in await asyncio.wait_for(many, 60))

    with_batcher(work)


def test_an_explanation_is_asked_for_in_small_parts(with_batcher, picture):
    async def work(batcher, _):
        classifier, sizes = batcher.model.classifier, []
        ask = classifier.probabilities
        classifier.probabilities = lambda pixels: sizes.append(len(pixels)) or ask(pixels)
        try:
            await answered(batcher, Upload("a", picture()), Question(explain=True))
        finally:
            del classifier.probabilities
        assert sum(sizes) > 100
        assert max(sizes) <= classifier.portion < classifier.batch

    with_batcher(work)


def test_who_left_is_explained_no_further(with_batcher, picture):
    async def work(batcher, _):
        task = await begun(batcher, [Upload("a", picture())] * 60, Question(explain=True))
        await answered(batcher, Upload("a", picture()), Question(explain=True))
        assert not task.done()
        task.cancel()
        assert (await answered(batcher, Upload("a", picture()), Question(explain=True)))["heat"]
        assert batcher.inside == 0

    with_batcher(work)
