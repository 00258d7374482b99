import pytest
import torch

from rl.examination import fit_examination
from rl.log import read_log
from store.erasure import erase
from store.media import MediaStore
from store.people import PeopleStore
from store.person import Profile
from store.registry import person_number
from tests.rl.sticker_world import N_GRAMS, RANKING, THETA, World, sticker_eyes


def test_how_likely_each_place_is_looked_at_comes_from_the_log(world: World) -> None:
    found_K = fit_examination(read_log(world.rows, RANKING))
    assert found_K == pytest.approx([THETA**place for place in range(5)], abs=0.08)


def test_what_was_shown_is_read_with_what_became_of_it(world: World) -> None:
    shown = world.showings.shown
    assert len(shown) == sum(len(row["shown"]) for row in world.rows)
    assert int(shown.chosen_N.sum()) == sum(len(row["feedback"]) for row in world.rows)
    assert set(shown.n_grams) == set(N_GRAMS)
    assert float(shown.weights_N.min()) >= 1
    assert float(shown.weights_N.max()) == 5
    generated = world.showings.generated
    assert len(generated) == sum(each["item_id"][0] == "g" for row in world.rows for each in row["shown"])


def test_stored_stickers_have_the_latents_that_they_were_decoded_from(world: World) -> None:
    """To the noise that the autoencoder was trained with, and a little more for edges and compression."""
    autoencoder = sticker_eyes().autoencoder
    latents = world.showings.generated.media.latents_NCFHW[:32, :, 0]
    with torch.inference_mode():
        again = autoencoder.encode(autoencoder.decode(latents).clamp(-1, 1))
    assert float((again - latents).square().mean().sqrt()) < 0.5 * float(latents.std())


def test_people_are_known_by_what_they_selected_before(world: World) -> None:
    media, first = world.showings.shown.media, len(world.rows[0]["shown"])
    lengths_N = media.leanings_NT.norm(dim=1)
    assert float(lengths_N[:first].max()) == 0  # a stranger's first slate
    assert float(lengths_N[-1000:].mean()) > 0.3
    assert float(lengths_N.max()) <= 1


def test_whoever_wants_no_personalisation_stays_a_stranger(world: World) -> None:
    async def refuse(store: MediaStore) -> None:
        people = PeopleStore(store.engine, "test")
        for number in range(100, 110):
            await people.put_profile(f"u-{number}", Profile(personalize=False))

    shown = world.again(refuse).shown
    refused = torch.tensor([person_number(f"u-{number}") for number in range(100, 110)])
    lengths_N = shown.media.leanings_NT.norm(dim=1)
    is_refused_N = torch.isin(shown.people_N, refused)
    assert float(lengths_N[is_refused_N].max()) == 0 < float(lengths_N[~is_refused_N].mean())


def test_the_media_of_erased_people_are_absent(world: World) -> None:
    before = world.showings.generated

    async def forget(store: MediaStore) -> None:
        for number in range(20):
            await erase(store, f"u-{number}", "test")

    gone = {f"g-{number:02}" for number in range(20)}
    left = [each["item_id"] not in gone for row in world.rows for each in row["shown"]]
    after = world.again(forget)
    assert len(after) == sum(left) < len(left)
    assert len(after.generated) < len(before)
