import asyncio
import time
from collections.abc import Callable

import pytest

from sightline.app.serving.bodies import Sent
from sightline.app.serving.desk import Answer, Crew, Desk, Wishes
from sightline.app.serving.figures import Gauge
from sightline.app.serving.loading import load_and_try
from sightline.app.serving.refusals import Refusal


@pytest.fixture
def on_a_desk(tmp_path, write_run):
    """Return a function that runs a coroutine function with a desk and the sizes of its batches."""
    loaded = load_and_try("a", write_run(tmp_path / "a"))

    def run(work: Callable, most=300):
        async def begin():
            sizes, errors, crew = [], [], Crew(2)
            desk = Desk(loaded, crew, most=most, waiting=Gauge(), seen=sizes.append, report=errors.append)
            try:
                await work(desk, sizes)
            finally:
                await asyncio.to_thread(crew.dismiss)
                desk.inside = 0  # else the thread would wait for those who did not leave
                desk.close()
                await asyncio.to_thread(desk.join)
            assert errors == []

        asyncio.run(begin())

    return run


def placed(desk, sent, wishes=Wishes()):  # noqa: B008 - it is frozen
    """Return an order, and a future of the moment when it is told."""
    told = asyncio.get_running_loop().create_future()
    return desk.place(sent, wishes, told.set_result), told


def test_pictures_that_wait_together_share_batches(on_a_desk, picture):
    async def work(desk, sizes):
        orders = await asyncio.gather(*(placed(desk, [Sent("a", picture(seed))])[1] for seed in range(200)))
        assert all(isinstance(order.pictures[0].outcome, Answer) for order in orders)
        assert sum(sizes) == 200
        assert len(sizes) < 200

    on_a_desk(work)


def test_of_a_shared_batch_everyone_gets_what_he_asked_for(on_a_desk, picture):
    async def work(desk, sizes):
        wishes = [Wishes(top=1 + number % 3, neighbours=number % 4) for number in range(200)]
        orders = await asyncio.gather(*(placed(desk, [Sent("a", picture(1))], wish)[1] for wish in wishes))
        answers = [order.pictures[0].outcome for order in orders]
        assert [len(answer.shares) for answer in answers] == [wish.top for wish in wishes]
        assert [len(answer.neighbours or ()) for answer in answers] == [wish.neighbours for wish in wishes]
        assert all(answer.neighbours[0].label == "bee" for answer in answers if answer.neighbours)
        assert len(sizes) < 200

    on_a_desk(work)


def test_a_desk_that_is_full_takes_no_more(on_a_desk, picture):
    async def work(desk, _):
        order, told = placed(desk, [Sent("a", picture())] * 3)
        with pytest.raises(Refusal, match="at most 3"):
            placed(desk, [Sent("a", picture())])
        await told
        desk.leave(order)
        assert desk.inside == 0
        placed(desk, [Sent("a", picture())])

    on_a_desk(work, most=3)


def test_who_left_is_not_answered(on_a_desk, slow_picture):
    async def work(desk, sizes):
        gone, never = placed(desk, [Sent("slow", slow_picture)] * 20)
        desk.leave(gone)
        await placed(desk, [Sent("a", slow_picture)])[1]
        assert not never.done()
        assert sum(sizes) <= 3  # one, and those that were being decoded
        assert sum(one.outcome is not None for one in gone.pictures) <= 2
        assert desk.inside == 1

    on_a_desk(work)


def test_who_left_at_the_last_moment_is_not_told(on_a_desk, picture):
    async def work(desk, _):
        order, told = placed(desk, [Sent("a", picture())])
        while order.left:
            time.sleep(0.001)  # noqa: ASYNC251 - the event loop must not hear of it yet
        desk.leave(order)
        await placed(desk, [Sent("a", picture())])[1]
        assert not told.done()

    on_a_desk(work)


def test_a_closed_desk_finishes_what_it_has(on_a_desk, slow_picture):
    async def work(desk, _):
        order, told = placed(desk, [Sent("a", slow_picture)] * 2)
        desk.close()
        await asyncio.wait_for(told, 20)
        assert all(isinstance(one.outcome, Answer) for one in order.pictures)

    on_a_desk(work)
