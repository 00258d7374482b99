"""The engine with a real store and a generator whose steps the test lets pass one by one."""

import asyncio
import io
import threading
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from catalog.items import Rating
from deployments.engine import Engine
from deployments.live import Live, LiveState
from deployments.makers import MakerLoader, Makers, up_to_date
from deployments.order import Made, Order
from deployments.settings import DEFAULT_CONFIG, AppSettings
from models.generation import GeneratedMedium, Generation, KeepGoing, Prompt
from store.database import migrate
from store.serving import Beside, Serving

STEPS = 3
ORDER = Order("cake", "ann", "en", (1, 2))


class Stepwise:
    """Makes one-byte sounds in three steps, each of which waits for `allow`."""

    def __init__(self) -> None:
        self.version, self.licence = "stepwise-1", "MIT"
        self.steps = threading.Semaphore(0)
        self.begun = threading.Event()
        self.batches: list[list[str]] = []

    def check_text(self, text: str) -> None:
        """Anything goes."""

    def generate(self, prompts: Sequence[Prompt], keep_going: KeepGoing = lambda _: True) -> Generation:
        self.batches.append([prompt.text for prompt in prompts])
        self.begun.set()
        for step in range(STEPS):
            if not keep_going(step):
                return Generation(step, STEPS)
            self.steps.acquire(timeout=10)
        vector = np.eye(384, dtype=np.float32)[0]
        media = tuple(GeneratedMedium(b"x", "audio/ogg", 0, 0, vector, 0.5) for _ in prompts)
        return Generation(STEPS, STEPS, lambda: media)

    def allow(self, steps: int = STEPS) -> None:
        self.steps.release(steps)


class Painter(Stepwise):
    """Makes pictures at once: red for the seed 1, green for the others."""

    def generate(self, prompts: Sequence[Prompt], keep_going: KeepGoing = lambda _: True) -> Generation:
        images = [Image.new("RGB", (8, 8), "red" if prompt.seed == 1 else "green") for prompt in prompts]
        return Generation(STEPS, STEPS, lambda: tuple(map(as_png, images)), images)


def as_png(image: Image.Image) -> GeneratedMedium:
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return GeneratedMedium(buffer.getvalue(), "image/png", 8, 8, np.eye(384, dtype=np.float32)[0], 0.5)


class NoRed:
    """A safety classifier that finds red unsafe."""

    def rate(self, picture: Image.Image) -> Rating:
        return "r" if picture.getpixel((0, 0)) == (255, 0, 0) else "pg"


class Sound(Engine):
    """The engine; the generators that it is told of are made by the test."""

    media_type = "audio"
    generators: dict[str, Stepwise]

    def load(self, sections: dict[str, Any]) -> Stepwise:
        name = sections["audio"]["name"]
        if name not in self.generators:
            raise ValueError(f"{name}: no such weights")
        return self.generators[name]


def told(name: str) -> dict[str, Any]:
    return {"sections": {"audio": {"name": name}}, "digest": name}


Ordering = Callable[[Order], asyncio.Task[list[Made]]]


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[Sound]:
    """An engine in this process with a real store, which was told of the generator `first`."""
    settings = AppSettings.load(DEFAULT_CONFIG, tmp_path)
    assert settings.audio
    await migrate(settings.store.database_url)
    sound = Sound.__new__(Sound)
    sound.generators = {"first": Stepwise(), "second": Stepwise(), "painter": Painter()}
    replica = settings.audio.model_copy(update={"niceness": 0, "max_batch_size": 2})
    await sound.__init__(replica, settings.store)  # type: ignore[misc]
    await sound.reconfigure(told("first"))
    yield sound
    for generator in sound.generators.values():
        generator.allow(1000)
    sound.working.cancel()


@pytest.fixture
def engine(served: Sound) -> tuple[Ordering, Stepwise]:
    """Orders to the engine, and the generator behind it."""
    return lambda order: asyncio.create_task(served.generate(order)), served.generators["first"]


async def begun(generator: Stepwise) -> None:
    await asyncio.to_thread(generator.begun.wait, 10)
    generator.begun.clear()


async def test_orders_that_arrive_together_are_sampled_together_and_each_gets_its_own(
    engine: tuple[Ordering, Stepwise],
) -> None:
    order, generator = engine
    generator.allow(3 * STEPS)
    ann, bob = await asyncio.gather(
        order(ORDER), order(replace(ORDER, user_id="bob", prompt="pie", seeds=(3,)))
    )
    assert generator.batches == [["cake", "cake", "pie"]]
    assert [(made.item.owner_id, made.seed) for made in (*ann, *bob)] == [
        ("ann", 1),
        ("ann", 2),
        ("bob", 3),
    ]


async def test_what_is_made_ahead_gives_way_to_a_person(engine: tuple[Ordering, Stepwise]) -> None:
    order, generator = engine
    ahead = order(replace(ORDER, prompt="foreseen", ahead=True))
    await begun(generator)
    person = order(ORDER)
    await asyncio.sleep(0.05)
    generator.allow(1 + STEPS)
    assert await ahead == []
    assert len(await person) == 2


async def test_what_is_made_ahead_is_kept_when_nobody_comes(engine: tuple[Ordering, Stepwise]) -> None:
    order, generator = engine
    generator.allow()
    made = await order(replace(ORDER, ahead=True))
    assert [each.item.alt_text for each in made] == ["cake", "cake"]


async def test_what_is_ahead_of_the_typing_waits_for_idle_time_one_at_a_time(
    engine: tuple[Ordering, Stepwise],
) -> None:
    order, generator = engine
    person = order(ORDER)
    await begun(generator)
    ahead = order(replace(ORDER, prompt="foreseen", ahead=True))
    await asyncio.sleep(0.05)
    assert await order(replace(ORDER, prompt="another", ahead=True)) == []
    generator.allow(2 * STEPS)
    assert (len(await person), len(await ahead)) == (2, 2)
    assert generator.batches == [["cake", "cake"], ["foreseen", "foreseen"]]


async def test_a_cancelled_order_stops_within_a_step(engine: tuple[Ordering, Stepwise]) -> None:
    order, generator = engine
    left = order(ORDER)
    await begun(generator)
    left.cancel()
    await asyncio.gather(left, return_exceptions=True)
    generator.allow(1)
    generator.allow(STEPS)
    assert len(await order(replace(ORDER, prompt="next"))) == 2


async def test_another_model_is_swapped_between_batches(
    engine: tuple[Ordering, Stepwise], served: Sound
) -> None:
    order, first = engine
    begun_before = order(ORDER)
    await begun(first)
    await served.reconfigure(told("second"))
    assert (await served.state(settled=True)).version == "stepwise-1-second"
    first.allow()
    served.generators["second"].allow()
    after = await order(replace(ORDER, prompt="pie"))
    assert {made.item.model_version for made in await begun_before} == {"stepwise-1-first"}
    assert {made.item.model_version for made in after} == {"stepwise-1-second"}


async def test_a_model_that_cannot_be_loaded_leaves_the_one_before_it_and_says_why(
    engine: tuple[Ordering, Stepwise], served: Sound
) -> None:
    order, first = engine
    await served.reconfigure(told("third"))
    state = await served.state(settled=True)
    assert (state.version, state.refused) == ("stepwise-1-first", "ValueError: third: no such weights")
    first.allow()
    assert len(await order(ORDER)) == 2
    await served.reconfigure(told("second"))
    assert await served.state(settled=True) == LiveState("stepwise-1-second")


async def test_the_first_model_must_load(tmp_path: Path, served: Sound) -> None:
    other = Live(MakerLoader(served.load), partial(up_to_date, registry_url=str(tmp_path)))
    with pytest.raises(ValueError, match="no such weights"):
        await other.take(told("third"))


class Broken(Stepwise):
    """Cannot make anything."""

    def generate(self, prompts: Sequence[Prompt], keep_going: KeepGoing = lambda _: True) -> Generation:
        raise RuntimeError("out of memory")


async def test_what_is_on_trial_and_fails_costs_nobody_their_media(
    engine: tuple[Ordering, Stepwise], served: Sound
) -> None:
    order, first = engine
    on_trial = Serving(beside=Beside("broken-1", "canary", 0.5, since_s=0.0))
    served.live._model = Makers(on_trial, first, Broken())
    tried = next(user for user in map(str, range(99)) if on_trial.is_beside(user))
    other = next(user for user in map(str, range(99)) if not on_trial.is_beside(user))
    first.allow(99)
    made = await asyncio.gather(
        *(
            order(replace(ORDER, user_id=user, repeatable=again))
            for user in (tried, other)
            for again in (False, True)
        )
    )
    assert [len(each) for each in made] == [2, 2, 2, 2]
    assert served.failed_batches == 0
    await served.check_health()


def late(order: Order) -> Order:
    return replace(order, deadline_at=time.time() - 1)


async def test_who_is_in_time_is_not_delayed_by_who_is_late(engine: tuple[Ordering, Stepwise]) -> None:
    order, generator = engine
    running = order(ORDER)
    await begun(generator)
    too_late = order(late(replace(ORDER, prompt="late")))
    await asyncio.sleep(0.05)
    in_time = order(replace(ORDER, prompt="in time"))
    await asyncio.sleep(0.05)
    generator.allow(3 * STEPS)
    assert [len(made) for made in await asyncio.gather(running, too_late, in_time)] == [2, 2, 2]
    assert generator.batches == [["cake"] * 2, ["in time"] * 2, ["late"] * 2]


async def test_who_cannot_be_served_in_time_any_more_counts_as_late(
    engine: tuple[Ordering, Stepwise],
) -> None:
    order, generator = engine
    first = order(ORDER)
    await begun(generator)
    await asyncio.sleep(0.3)
    generator.allow()
    await first
    second = order(ORDER)
    await begun(generator)
    hopeless = order(replace(ORDER, prompt="hopeless", deadline_at=time.time() + 0.2))
    await asyncio.sleep(0.01)
    in_time = order(replace(ORDER, prompt="in time"))
    await asyncio.sleep(0.3)
    generator.allow(3 * STEPS)
    await asyncio.gather(second, hopeless, in_time)
    assert [batch[0] for batch in generator.batches] == ["cake", "cake", "in time", "hopeless"]


async def test_a_late_batch_gives_way_and_is_sampled_afterwards(engine: tuple[Ordering, Stepwise]) -> None:
    order, generator = engine
    too_late = order(late(replace(ORDER, prompt="late")))
    await begun(generator)
    in_time = order(ORDER)
    await asyncio.sleep(0.05)
    generator.allow(1 + 2 * STEPS)
    assert len(await in_time) == len(await too_late) == 2
    assert generator.batches == [["late"] * 2, ["cake"] * 2, ["late"] * 2]


async def test_of_the_late_one_batch_is_kept_and_the_longest_late_are_dropped(
    engine: tuple[Ordering, Stepwise],
) -> None:
    order, generator = engine
    running = order(ORDER)
    await begun(generator)
    too_late = [order(late(replace(ORDER, prompt=f"late {n}"))) for n in range(4)]
    await asyncio.sleep(0.05)
    generator.allow(2 * STEPS)
    await running
    assert [len(made) for made in await asyncio.gather(*too_late)] == [0, 0, 2, 2]


async def test_what_may_not_be_shown_is_replaced_once(served: Sound) -> None:
    served.media_type = "image"
    served.safety = NoRed()  # type: ignore[assignment]
    await served.reconfigure(told("painter"))
    await served.state(settled=True)
    made = await served.generate(replace(ORDER, seeds=(0, 1)))
    assert [(each.seed, each.item.rating) for each in made] == [(0, "g"), (2, "g")]
    assert await served.store.blobs.all_hashes() == {each.item.sha256 for each in made}
    assert [each.seed for each in await served.generate(replace(ORDER, seeds=(0,)))] == [0]
    assert [each.seed for each in await served.generate(replace(ORDER, seeds=(1,), rating="r"))] == [1]
