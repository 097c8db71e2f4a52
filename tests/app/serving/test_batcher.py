import asyncio
import time
from collections.abc import Callable

import pytest
from PIL import Image

from sightline.app.http.refusal import Refusal
from sightline.app.http.upload import Upload
from sightline.app.serving.answers.batcher import Batcher, Threads
from sightline.app.serving.answers.job import Answer, Question
from sightline.app.serving.answers.loading import load_and_try
from sightline.app.serving.metrics import Metrics


@pytest.fixture
def with_batcher(tmp_path, write_run, caplog):
    """Return a function that runs a coroutine function with a batcher and the metrics of its model."""
    model = load_and_try("a", write_run(tmp_path / "a"))

    def run(work: Callable, most=300):
        async def begin():
            threads, metrics = Threads(2), Metrics(["a"])
            batcher = Batcher(model, threads, most_pictures=most, metrics=metrics.of_model("a"))
            try:
                await work(batcher, metrics)
            finally:
                await asyncio.to_thread(threads.close)
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
    job = batcher.submit([upload], question)
    await asyncio.wait_for(job.done, 60)
    return job.pictures[0].outcome


def test_pictures_that_wait_together_share_batches(with_batcher, picture):
    async def work(batcher, metrics):
        answers = await asyncio.gather(*(answered(batcher, Upload("a", picture(seed))) for seed in range(200)))
        assert all(isinstance(answer, Answer) for answer in answers)
        count, pictures = sizes_of(metrics)
        assert pictures == 200
        assert count < 200

    with_batcher(work)


def test_of_a_shared_batch_everyone_gets_what_he_asked_for(with_batcher, picture):
    async def work(batcher, metrics):
        questions = [Question(top=1 + number % 3, neighbours=number % 4) for number in range(200)]
        upload = Upload("a", picture(1))
        answers = await asyncio.gather(*(answered(batcher, upload, question) for question in questions))
        assert [len(answer.shares) for answer in answers] == [question.top for question in questions]
        assert [len(answer.neighbours or ()) for answer in answers] == [question.neighbours for question in questions]
        assert all(answer.neighbours[0].label == "bee" for answer in answers if answer.neighbours)
        assert sizes_of(metrics)[0] < 200

    with_batcher(work)


def test_a_batcher_that_is_full_takes_no_more(with_batcher, picture):
    async def work(batcher, _):
        job = batcher.submit([Upload("a", picture())] * 3, Question())
        with pytest.raises(Refusal, match="at most 3"):
            batcher.submit([Upload("a", picture())], Question())
        await job.done
        batcher.leave(job)
        assert batcher.inside == 0
        batcher.submit([Upload("a", picture())], Question())

    with_batcher(work, most=3)


def test_who_left_is_not_answered(with_batcher, slow_picture):
    async def work(batcher, metrics):
        job = batcher.submit([Upload("slow", slow_picture)] * 20, Question())
        batcher.leave(job)
        await answered(batcher, Upload("a", slow_picture))
        assert not job.done.done()
        assert sizes_of(metrics)[1] <= 3  # one, and those that were being decoded
        assert sum(one.outcome is not None for one in job.pictures) <= 2
        assert batcher.inside == 1

    with_batcher(work)


def test_who_left_at_the_last_moment_is_not_woken(with_batcher, picture):
    async def work(batcher, _):
        job = batcher.submit([Upload("a", picture())], Question())
        while job.left:
            time.sleep(0.001)  # noqa: ASYNC251 - the event loop must not hear of it yet
        batcher.leave(job)
        await answered(batcher, Upload("a", picture()))
        assert not job.done.done()

    with_batcher(work)


def test_a_small_file_that_is_much_work_is_refused_and_others_are_answered(with_batcher, picture, encoded):
    whole = encoded(Image.new("RGB", (4000, 4000)), "JPEG", progressive=True)
    last = whole.rindex(b"\xff\xda")
    scans = whole[:last] + whole[last:-2] * 1400 + whole[-2:]

    async def work(batcher, _):
        costly = [answered(batcher, Upload("scans", scans)) for _ in range(20)]
        *refusals, answer = await asyncio.gather(*costly, answered(batcher, Upload("a", picture())))
        assert isinstance(answer, Answer)
        assert {refusal.status for refusal in refusals} == {422}
        assert "scans of 16,000,000 pixels" in refusals[0].problem
        assert refusals[0].hint

    with_batcher(work)


def test_a_closed_batcher_finishes_what_it_has(with_batcher, slow_picture):
    async def work(batcher, _):
        job = batcher.submit([Upload("a", slow_picture)] * 2, Question())
        batcher.close()
        await asyncio.wait_for(job.done, 60)
        assert all(isinstance(one.outcome, Answer) for one in job.pictures)

    with_batcher(work)
