from pathlib import Path

import pytest

from store.registry import Registry, person_number


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return Registry(str(tmp_path / "registry"))


def test_an_empty_registry_has_nothing_live(registry: Registry) -> None:
    assert registry.live() is None
    assert registry.versions() == []
    with pytest.raises(ValueError, match="none can be taken back"):
        registry.rollback()


def test_a_version_comes_back_with_what_is_known_of_it(registry: Registry) -> None:
    registry.add("a", {"policy": b"1"}, {"parent": None})
    registry.add("b", {"policy": b"2"}, {"parent": "a"})
    assert [about["version"] for about in registry.versions()] == ["a", "b"]
    assert registry.about("b")["parent"] == "a"
    assert registry.read("a", "policy") == b"1"
    assert registry.live() is None


def test_a_rollback_undoes_the_last_promotion(registry: Registry) -> None:
    for version in ("a", "b"):
        registry.add(version, {}, {})
        registry.promote(version)
    assert registry.live() == "b"
    assert registry.rollback() == "a"
    assert Registry(registry.root).live() == "a"
    assert registry.rollback() is None


def test_what_is_not_registered_can_not_go_live(registry: Registry) -> None:
    with pytest.raises(ValueError, match=r"version ghost: no about\.json"):
        registry.promote("ghost")
    assert registry.live() is None


def test_a_version_knows_whom_it_learned_from_by_their_hashes(registry: Registry) -> None:
    registry.add("a", {}, {}, map(person_number, ["u-1", "u-2", "u-1"]))
    registry.add("b", {}, {}, [person_number("u-2")])
    registry.add("c", {}, {})
    Registry(f"{registry.root}/drawing").add("drawing-d", {}, {}, [person_number("u-2")])
    assert registry.learned_from("u-2") == ("a", "b", "drawing-d")
    assert registry.learned_from("u-1") == ("a",)
    assert registry.learned_from("u-3") == ()
