import asyncio
from collections.abc import Callable

import pytest

from sightline.app.serving.bodies import Sent
from sightline.app.serving.desk import Answer, Crew, Desk, Wishes
from sightline.app.serving.loading import load_and_try
from sightline.app.serving.refusals import Refusal


@pytest.fixture
def on_a_desk(tmp_path, write_model):
    """Return a function that runs a coroutine function with a desk and the sizes of its batches."""
    loaded = load_and_try("a", write_model(tmp_path / "a.sightline"))

    def run(work: Callable, most=300):
        async def begin():
            sizes, errors, crew = [], [], Crew()
            desk = Desk(loaded, crew, most=most, seen=sizes.append, report=errors.append)
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


def test_pictures_that_wait_together_share_batches(on_a_desk, picture):
    async def work(desk, sizes):
        orders = [desk.place([Sent("a", picture(seed))], Wishes()) for seed in range(200)]
        await asyncio.gather(*(order.done for order in orders))
        assert all(isinstance(order.pictures[0].outcome, Answer) for order in orders)
        assert sum(sizes) == 200
        assert len(sizes) < 200

    on_a_desk(work)


def test_a_desk_that_is_full_takes_no_more(on_a_desk, picture):
    async def work(desk, _):
        order = desk.place([Sent("a", picture())] * 3, Wishes())
        with pytest.raises(Refusal, match="at most 3"):
            desk.place([Sent("a", picture())], Wishes())
        await order.done
        desk.leave(order)
        assert desk.inside == 0
        desk.place([Sent("a", picture())], Wishes())

    on_a_desk(work, most=3)


def test_who_left_is_not_answered(on_a_desk, slow_picture):
    async def work(desk, sizes):
        gone = desk.place([Sent("slow", slow_picture)] * 20, Wishes())
        desk.leave(gone)
        stayed = desk.place([Sent("a", slow_picture)], Wishes())
        await stayed.done
        assert sum(sizes) <= 3  # one, and those that were being decoded
        assert sum(one.outcome is not None for one in gone.pictures) <= 2
        assert desk.inside == 1

    on_a_desk(work)


def test_a_closed_desk_finishes_what_it_has(on_a_desk, slow_picture):
    async def work(desk, _):
        order = desk.place([Sent("a", slow_picture)] * 2, Wishes())
        desk.close()
        await asyncio.wait_for(order.done, 20)
        assert all(isinstance(one.outcome, Answer) for one in order.pictures)

    on_a_desk(work)
