import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from deployments.app import _generators
from deployments.replica_settings import ReplicaSettings
from deployments.settings import DEFAULT_CONFIG, AppSettings
from ranking.weights import load_ranking_weights

APP_CONFIGS = sorted(path for path in DEFAULT_CONFIG.parent.glob("*.yaml") if path.name != "ranking.yaml")


CLUSTER = {
    "GRAMOJI_DATABASE_URL": "postgresql+asyncpg://someone:word@host/gramoji",
    "GRAMOJI_STORAGE_URL": "s3://bucket/folder",
    "GRAMOJI_SECRETS": "/run/secrets",
}


@pytest.fixture
def cluster_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in CLUSTER.items():
        monkeypatch.setenv(name, value)


@pytest.mark.usefixtures("cluster_environment")
@pytest.mark.parametrize("path", APP_CONFIGS, ids=lambda path: path.name)
def test_every_shipped_configuration_loads(path: Path) -> None:
    settings = AppSettings.load(path, Path("/data"))
    assert settings.suggest.ranking.is_file()
    assert load_ranking_weights(settings.suggest.ranking).version.startswith("ranker-")


def test_the_laptop_configuration_fits_two_cores() -> None:
    settings = AppSettings.load(DEFAULT_CONFIG)
    parts = [part for _, part in settings if isinstance(part, ReplicaSettings)]
    assert len(parts) == 8
    assert sum(part.num_cpus * part.num_replicas for part in parts) <= 2


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("port: 8000", "prot: 8000", "prot"),
        ("num_cpus: 0.4", "num_cpus: a lot", "index.num_cpus"),
        ("max_in_flight: 64", "max_in_flight: 0", "api.max_in_flight"),
        ("host: 127.0.0.1", "host: [", "local.yaml"),
    ],
)
def test_a_mistake_is_named_with_its_file_and_field(
    tmp_path: Path, old: str, new: str, complaint: str
) -> None:
    text = DEFAULT_CONFIG.read_text()
    assert old in text
    wrong = tmp_path / "local.yaml"
    wrong.write_text(text.replace(old, new))
    with pytest.raises(ValueError, match=complaint) as caught:
        AppSettings.load(wrong)
    assert str(wrong) in str(caught.value)


def test_unknown_and_missing_ranking_weights_are_named(tmp_path: Path) -> None:
    copied = tmp_path / "ranking.yaml"
    shutil.copy(DEFAULT_CONFIG.parent / "ranking.yaml", copied)
    copied.write_text(copied.read_text() + "\ntemprature: 1\n")
    with pytest.raises(ValueError, match="temprature"):
        load_ranking_weights(copied)
    copied.write_text("evidence: 1\n")
    with pytest.raises(ValueError, match="novelty"):
        load_ranking_weights(copied)


def test_a_configuration_that_is_not_there_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no such configuration file"):
        AppSettings.load(tmp_path / "none.yaml")


@pytest.mark.parametrize(
    ("part", "value", "told"),
    [
        ("store", {"retention": {"history_day": 3}}, "history_day"),
        ("store", {"retention": {"history_days": -1}}, "0 and above"),
        ("intake", {"limits": {"max_pixel": 3}}, "max_pixel"),
        ("suggest", {"watch": {"efect": 0.1}}, "efect"),
        ("suggest", {"watch": {"effect": 0}}, "above 0"),
    ],
)
def test_limits_are_checked_like_everything_else(
    tmp_path: Path, part: str, value: dict[str, object], told: str
) -> None:
    read = yaml.safe_load(DEFAULT_CONFIG.read_text())
    read[part] |= value
    path = tmp_path / "wrong.yaml"
    path.write_text(yaml.safe_dump(read))
    with pytest.raises(ValueError, match=told):
        AppSettings.load(path)


def test_limits_in_the_file_are_used(tmp_path: Path) -> None:
    read = yaml.safe_load(DEFAULT_CONFIG.read_text())
    read["store"]["retention"] = {"history_days": 400}
    path = tmp_path / "limits.yaml"
    path.write_text(yaml.safe_dump(read))
    assert AppSettings.load(path).store.retention.history_days == 400


def test_a_large_image_model_is_chosen_in_the_file_and_a_misspelt_field_is_named(tmp_path: Path) -> None:
    read = yaml.safe_load(DEFAULT_CONFIG.read_text())
    read["image"]["hub"] = {"pipeline": "ZImagePipeline", "checkpoint": "Tongyi-MAI/Z-Image-Turbo"}
    path = tmp_path / "hub.yaml"
    path.write_text(yaml.safe_dump(read))
    hub = AppSettings.load(path).image.hub  # type: ignore[union-attr]
    assert hub is not None
    assert (hub.pipeline, hub.dtype, hub.device) == ("ZImagePipeline", "bfloat16", "cuda")
    for wrong, told in (
        ({"step": 3}, "step"),
        ({"dtype": "int3"}, "dtype"),
        ({"pipeline": "Mine"}, "pipeline"),
    ):
        read["image"]["hub"] = {"pipeline": "ZImagePipeline", "checkpoint": "x"} | wrong
        path.write_text(yaml.safe_dump(read))
        with pytest.raises(ValueError, match=told):
            AppSettings.load(path)


EXAMPLES = [
    yaml.safe_load(block.split("```")[0])
    for block in (DEFAULT_CONFIG.parents[1] / "docs" / "hub.md").read_text().split("```yaml\n")[1:]
]


@pytest.mark.parametrize(
    "example", EXAMPLES, ids=lambda example: str(next(iter(example.values()))["hub"]["pipeline"])
)
def test_every_section_in_the_page_on_large_models_loads(tmp_path: Path, example: dict[str, Any]) -> None:
    path = tmp_path / "configs" / "hub.yaml"
    path.parent.mkdir()
    path.write_text(yaml.safe_dump(yaml.safe_load(DEFAULT_CONFIG.read_text()) | example))
    ((part, section),) = example.items()
    settings = getattr(AppSettings.load(path), part)
    assert settings.num_gpus == 1
    for name, value in section["hub"].items():
        assert getattr(settings.hub, name) == value


def test_the_audio_deployment_runs_with_the_python_of_its_settings(tmp_path: Path) -> None:
    read = yaml.safe_load(DEFAULT_CONFIG.read_text())
    read["audio"]["python"] = "../.venv-audiocraft/bin/python"
    path = tmp_path / "audio.yaml"
    path.write_text(yaml.safe_dump(read))
    settings = AppSettings.load(path)
    found = {
        name: made._bound_deployment.ray_actor_options["runtime_env"].get("py_executable")
        for name, made in _generators(settings).items()
    }
    here = str(tmp_path.resolve() / "../.venv-audiocraft/bin/python")
    assert found == {"sticker": None, "image": None, "video": None, "audio": here}
