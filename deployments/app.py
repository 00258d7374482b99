"""The graph of deployments, on one screen."""

from typing import Any

from ray import serve
from ray.serve import Application

from catalog.items import MediaType
from deployments.api import Api
from deployments.audio import Audio
from deployments.image import Image
from deployments.index import Index
from deployments.index_shard import IndexShard
from deployments.intake import Intake
from deployments.live import UserConfig
from deployments.policies import ranking_config
from deployments.quota import Quota
from deployments.replica_settings import ReplicaSettings
from deployments.serve_options import serve_options
from deployments.settings import DEFAULT_CONFIG, ApiSettings, AppSettings, GeneratorSettings
from deployments.sticker import Sticker
from deployments.suggest import Suggest
from deployments.user_config import generator_config, replica_settings, replica_version
from deployments.video import Video

FOR_EVER_S = 1e9


def build(settings: AppSettings) -> Application:
    """Bind the deployments to one another."""
    store = settings.store
    index = _bind(Index, settings.index, store, _shards(settings))
    generators = _generators(settings)
    told = ranking_config(settings.suggest, store.registry_url)
    suggest = _bind(Suggest, settings.suggest, store, index, generators, user_config=told)
    intake = _bind(Intake, settings.intake, store)
    others = {"index": index, "intake": intake}
    quota = _bind_quota(settings.api)
    ingress = serve.ingress()(Api)
    limit, may_sleep = settings.intake.max_bytes, frozenset(settings.may_sleep)
    return _bind(
        ingress, settings.api, store, suggest, generators, others, quota, limit, may_sleep, name="Api"
    )


def _shards(settings: AppSettings) -> dict[int, Application]:
    """One deployment for each shard of the index; none where the index is whole."""
    if settings.shard is None:
        return {}
    shard, store = settings.shard, settings.store
    numbers = range(shard.num_shards)
    return {
        number: _bind(IndexShard, shard, store, number, name=f"IndexShard{number}") for number in numbers
    }


def _generators(settings: AppSettings) -> dict[MediaType, Application]:
    """One deployment for each media type that the configuration names."""
    painter = settings.sticker

    def bind(cls: type, of: GeneratorSettings, **sections: GeneratorSettings) -> Application:
        return _bind(cls, replica_settings(of), settings.store, user_config=generator_config(**sections))

    made: dict[MediaType, Application] = {"sticker": bind(Sticker, painter, sticker=painter)}
    if settings.image:
        made["image"] = bind(Image, settings.image, image=settings.image, sticker=painter)
    if settings.video:
        made["video"] = bind(Video, settings.video, video=settings.video, sticker=painter)
    if settings.audio:
        made["audio"] = bind(Audio, settings.audio, audio=settings.audio)
    return made


def _bind_quota(settings: ApiSettings) -> Application:
    """One replica, and none before the first key with a limit needs it; from then on it stays, for it remembers."""
    deployment = serve.deployment(
        Quota,
        autoscaling_config={
            "min_replicas": 0,
            "initial_replicas": 0,
            "max_replicas": 1,
            "upscale_delay_s": 0,
            "downscale_delay_s": FOR_EVER_S,
        },
        max_ongoing_requests=settings.max_ongoing_requests,
        max_queued_requests=settings.max_queued_requests,
        ray_actor_options={"num_cpus": 0},
    )
    return deployment.options(version=replica_version(), _internal=True).bind()


def build_from_file(args: dict[str, str]) -> Application:
    """What a Serve config file imports: `import_path: deployments.app:build_from_file`, `args: {config: PATH}`."""
    return build(AppSettings.load(DEFAULT_CONFIG.parent / args.get("config", DEFAULT_CONFIG.name)))


def _bind(
    cls: type,
    settings: ReplicaSettings,
    *others: Any,
    user_config: UserConfig | None = None,
    name: str | None = None,
) -> Application:
    deployment = serve.deployment(
        cls, name=name or cls.__name__, user_config=user_config, **serve_options(settings)
    )
    # Without a version of ours, `serve.run` gives each deployment a random one and restarts it, changed or not.
    version = replica_version(settings, *map(_identity, others))
    return deployment.options(version=version, _internal=True).bind(settings, *others)


def _identity(argument: Any) -> Any:
    """Of other deployments, only which there are."""
    if isinstance(argument, Application):
        return ""
    return sorted(argument) if isinstance(argument, (dict, frozenset)) else argument
