"""The graph of deployments, on one screen."""

from typing import Any

from ray import serve
from ray.serve import Application

from catalog.items import MediaType
from deployments.api import Api
from deployments.audio import Audio
from deployments.image import Image
from deployments.index import Index
from deployments.intake import Intake
from deployments.settings import DEFAULT_CONFIG, AppSettings, AudioSettings, ReplicaSettings
from deployments.sticker import Sticker
from deployments.suggest import Suggest
from deployments.video import Video


def build(settings: AppSettings) -> Application:
    """Bind the deployments to one another."""
    index = _deploy(Index, settings.index).bind(settings.index, settings.store)
    generators = _generators(settings)
    suggest = _deploy(Suggest, settings.suggest).bind(settings.suggest, settings.store, index, generators)
    intake = _deploy(Intake, settings.intake).bind(settings.intake, settings.store)
    ingress = serve.ingress()(Api)
    return _deploy(ingress, settings.api, name="Api").bind(
        settings.api,
        settings.store,
        suggest,
        generators,
        {"index": index, "intake": intake},
        settings.intake.max_bytes,
    )


def _generators(settings: AppSettings) -> dict[MediaType, Application]:
    """One deployment for each media type that the configuration names."""
    store, painter = settings.store, settings.sticker
    made: dict[MediaType, Application] = {"sticker": _deploy(Sticker, painter).bind(painter, store)}
    if settings.image:
        made["image"] = _deploy(Image, settings.image).bind(settings.image, store, painter)
    if settings.video:
        made["video"] = _deploy(Video, settings.video).bind(settings.video, store, painter)
    if settings.audio:
        made["audio"] = _deploy(Audio, settings.audio).bind(settings.audio, store)
    return made


def build_from_file(args: dict[str, str]) -> Application:
    """What a Serve config file imports: `import_path: deployments.app:build_from_file`, `args: {config: PATH}`."""
    return build(AppSettings.load(DEFAULT_CONFIG.parent / args.get("config", DEFAULT_CONFIG.name)))


def _deploy(cls: type, settings: ReplicaSettings, name: str | None = None) -> Any:
    runtime_env: dict[str, Any] = {"env_vars": {"OMP_NUM_THREADS": str(settings.threads)}}
    if isinstance(settings, AudioSettings) and settings.python:
        runtime_env["py_executable"] = str(settings.python)
    return serve.deployment(
        cls,
        name=name or cls.__name__,
        num_replicas=settings.num_replicas,
        max_ongoing_requests=settings.max_ongoing_requests,
        max_queued_requests=settings.max_queued_requests,
        ray_actor_options={
            "num_cpus": settings.num_cpus,
            "num_gpus": getattr(settings, "num_gpus", 0),
            "runtime_env": runtime_env,
        },
        graceful_shutdown_timeout_s=5,
    )
