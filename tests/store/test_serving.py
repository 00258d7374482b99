from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.journal import Decision, Journal
from store.registry import Registry
from store.serving import Beside, Serving, Shadow

PEOPLE = [f"u-{i}" for i in range(4_000)]


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    registry = Registry(str(tmp_path / "registry"))
    for version in ("a", "b", "c"):
        registry.add(version, {}, {})
    return registry


def test_a_canary_gets_its_share_of_the_people_and_each_person_stays_with_one_policy(
    registry: Registry,
) -> None:
    registry.promote("a")
    registry.try_out("b", 0.1)
    serving = registry.serving()
    assert serving.live == "a"
    chosen = {user for user in PEOPLE if serving.is_beside(user)}
    assert len(chosen) == pytest.approx(400, abs=60)
    assert chosen == {user for user in PEOPLE if Registry(registry.root).serving().is_beside(user)}
    registry.try_out("b", 0.2)
    assert chosen < {user for user in PEOPLE if registry.serving().is_beside(user)}, "who has it keeps it"


def test_another_canary_is_tried_on_others(registry: Registry) -> None:
    registry.try_out("b", 0.1)
    first = {user for user in PEOPLE if registry.serving().is_beside(user)}
    registry.try_out("c", 0.1)
    second = {user for user in PEOPLE if registry.serving().is_beside(user)}
    assert len(first & second) < 80


def test_who_had_the_canary_keeps_it_when_it_goes_live(registry: Registry) -> None:
    registry.promote("a")
    registry.try_out("b", 0.2)
    had = {user for user in PEOPLE if registry.serving().is_beside(user)}
    registry.promote("b", control=0.1)
    serving = registry.serving()
    assert serving.beside is not None
    assert (serving.live, serving.beside.version, serving.beside.role) == ("b", "a", "control")
    assert not had & {user for user in PEOPLE if serving.is_beside(user)}


def test_a_rollback_takes_the_canary_back_first_and_says_why(registry: Registry) -> None:
    registry.promote("a")
    registry.try_out("b", 0.1)
    assert registry.rollback("it was slow") == "a"
    serving = registry.serving()
    assert serving.beside is None
    assert serving.taken_back is not None
    assert (serving.taken_back.version, serving.taken_back.reason) == ("b", "it was slow")
    assert registry.rollback() is None


def test_what_is_no_longer_newest_is_not_taken_back(registry: Registry) -> None:
    registry.promote("a")
    registry.promote("b", control=0.1)
    assert not registry.take_back("a", "too late")
    assert registry.serving().beside is not None
    assert registry.take_back("b", "it was slow")
    assert registry.live() == "a"
    assert registry.serving().beside is None, "nothing is compared with what was taken back"


def test_a_registry_of_before_is_read(registry: Registry) -> None:
    (Path(registry.root) / "live.json").write_text('["a", "b"]')
    assert registry.serving() == Serving(("a", "b"))


@pytest.mark.parametrize("share", [0.0, 1.0, -0.1])
def test_a_share_of_nobody_or_everybody_is_no_trial(registry: Registry, share: float) -> None:
    with pytest.raises(ValueError, match="share of the canary is"):
        registry.try_out("b", share)
    assert registry.serving() == Serving()


def test_the_live_version_can_not_be_its_own_canary(registry: Registry) -> None:
    registry.promote("a")
    with pytest.raises(ValueError, match="is live"):
        registry.try_out("a", 0.1)


@given(
    st.lists(st.text(min_size=1)),
    st.none() | st.builds(Beside, st.none() | st.text(), st.sampled_from(["canary", "control"]),
                          st.floats(0.01, 0.99), st.floats(0, 1e10)),
    st.none() | st.builds(Shadow, st.text(), st.floats(0.01, 1.0)),
)  # fmt: skip
def test_what_serves_is_read_as_it_was_written(
    lives: list[str], beside: Beside | None, shadow: Shadow | None
) -> None:
    serving = Serving(tuple(lives), beside, shadow)
    assert Serving.from_json(serving.as_json()) == serving


def test_decisions_come_back_in_their_order_and_are_no_versions(registry: Registry) -> None:
    journal = Journal(registry)
    assert journal.read() == []
    for number in range(5):
        journal.add(Decision("learn", "waiting", None, f"{number} new slates", {"slates": number}))
    assert [each.evidence["slates"] for each in journal.read()] == [0, 1, 2, 3, 4]
    assert [each.reason for each in journal.read(2)] == ["3 new slates", "4 new slates"]
    assert len(registry.versions()) == 3
