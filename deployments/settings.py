"""One frozen settings model a deployment; `configs/*.yaml` mirrors them, and unknown keys are errors."""

import os
from pathlib import Path
from typing import Annotated, Self, get_args

import yaml
from pydantic import Field
from sqlalchemy.engine import make_url

from catalog.items import MediaType
from deployments.index_settings import IndexSettings, ShardSettings
from deployments.placeholders import filled
from deployments.replica_settings import KNOWN_KEYS, ReplicaSettings, Settings
from deployments.watch_limits import WatchLimits
from models.hub.model import HubAudioModel, HubImageModel, HubStickerModel, HubVideoModel
from ranking.outcomes import EFFECT
from store.retention import RetentionLimits
from store.uploads.upload import UploadLimits

ROOT = Path(__file__).resolve().parent.parent
DEFAULT_CONFIG = ROOT / "configs" / "local.yaml"


class ApiSettings(ReplicaSettings):
    """The HTTP edge."""

    max_in_flight: int = Field(ge=1, description="Calls answered at once; beyond it 503 with Retry-After.")


class SuggestSettings(ReplicaSettings):
    """The composing deployment."""

    ranking: Path = Field(description="Ranking weights, relative to the configuration file.")
    candidates_per_type: int = Field(24, ge=1, description="Index matches asked of each media type.")
    opening_n_gram: str = Field("hello", description="Looked up for an empty composer without context.")
    remembered_people: int = Field(10_000, ge=1, description="People who are kept in memory.")
    poll_ms: int = Field(
        300, ge=10, le=2000, description="How often a replica looks for what others wrote about people."
    )
    buffered_impressions: int = Field(
        10_000, ge=1, description="Impressions that wait for the store; beyond it new ones are lost."
    )
    watch: Annotated[WatchLimits, KNOWN_KEYS] = Field(
        default=WatchLimits(), description="How policies are followed, and when one is taken back."
    )


class GeneratorSettings(ReplicaSettings):
    """What every generator may be told."""

    max_batch_size: int = Field(4, ge=1, description="Calls sampled together.")
    batch_wait_ms: float = Field(0, ge=0, description="How long a call waits for company.")
    num_gpus: float = Field(0, ge=0, description="Share of GPUs that a replica reserves.")
    niceness: int = Field(
        0,
        ge=0,
        le=19,
        description="How far it gives way to other processes of the machine, as `nice` does.",
    )
    watch: Annotated[WatchLimits, KNOWN_KEYS] = Field(
        default=WatchLimits(effect=EFFECT), description="How tuned versions are followed, and taken back."
    )
    python: Path | None = Field(
        None,
        description="Python of the environment that the replicas run in, relative to the configuration file:"
        " the one of `make audiocraft` for MusicGen and AudioGen.",
    )


class StickerSettings(GeneratorSettings):
    """The sticker generator, which also paints for images and video."""

    weights: Path = Field(description="Folder of the pipeline, relative to the configuration file.")
    relevance_weights: Path = Field(
        description="Folder of the picture encoder, relative to the configuration file."
    )
    num_inference_steps: int = Field(
        2, ge=1, le=50, description="Heun steps, each two evaluations of the model but the last."
    )
    guidance_scale: float = Field(3.0, ge=1, description="Classifier-free guidance.")
    strength: float = Field(
        0.67,
        gt=0,
        le=1,
        description="1 draws from noise alone; below, a fitting catalogue sticker is varied.",
    )
    tuned: str | None = Field(
        None, description="Folder or URL of a tuned version; without it the one that was promoted paints."
    )
    hub: HubStickerModel | None = Field(None, description="A large model instead.")


class ImageSettings(GeneratorSettings):
    """The image generator."""

    weights: Path = Field(Path("../models/weights/image"), description="Folder of the scenes' networks.")
    num_inference_steps: int = Field(2, ge=1, le=50, description="Heun steps to a scene.")
    strength: float = Field(
        0.8, gt=0, le=1, description="As the sticker's: below 1, a known scene is varied."
    )
    hub: HubImageModel | None = Field(None, description="A large model instead.")


class VideoSettings(GeneratorSettings):
    """The video generator."""

    weights: Path = Field(
        description="Folder of the transformer that animates, relative to the configuration file."
    )
    num_inference_steps: int = Field(4, ge=1, le=50, description="Heun steps from noise to a loop.")
    hub: HubVideoModel | None = Field(None, description="A large model instead.")


class AudioSettings(GeneratorSettings):
    """The audio generator."""

    weights: Path = Field(Path("../models/weights/audio"), description="Folder of its networks.")
    num_inference_steps: int = Field(3, ge=1, le=50, description="Heun steps to a sound.")
    strength: float = Field(
        0.67, gt=0, le=1, description="As the sticker's: below 1, a known one is varied."
    )
    hub: HubAudioModel | None = Field(None, description="A large model instead.")


class IntakeSettings(ReplicaSettings):
    """The intake of uploads."""

    relevance_weights: Path = Field(
        description="Folder of the picture encoder, relative to the configuration file."
    )
    max_bytes: int = Field(16 << 20, ge=1, description="Largest file.")
    max_processes: int = Field(2, ge=1, description="Files decoded at once, each in a process of its own.")
    limits: Annotated[UploadLimits, KNOWN_KEYS] = Field(
        default=UploadLimits(), description="How much one file may hold."
    )


class StoreSettings(Settings):
    """Where media and their rows are kept."""

    database_url: str = Field(
        description="SQLAlchemy URL with an async driver; `{var}` is the data folder."
    )
    blob_url: str = Field(description="fsspec URL of the folder of media bytes.")
    log_url: str = Field(description="fsspec URL of the folder of the exported log.")
    registry_url: str = Field(description="fsspec URL of the folder of learned models and their versions.")
    snapshot_url: str | None = Field(
        None,
        description="fsspec URL of the folder of the index's snapshots; without it a start reads the store.",
    )
    receipt_key_file: str = Field(
        description="Ed25519 private key that receipts and links to media are signed with; with SQLite it is made when it "
        "is missing, machines that share a database need the same."
    )
    retention: Annotated[RetentionLimits, KNOWN_KEYS] = Field(
        default=RetentionLimits(), description="What `gramoji retire` removes; nothing unless it is set."
    )

    @property
    def is_shared(self) -> bool:
        """Whether several machines may use it: SQLite is a file of one."""
        return make_url(self.database_url).get_backend_name() != "sqlite"

    def under(self, var: Path) -> "StoreSettings":
        """The same with `{var}` filled in."""
        filled = {
            name: value.replace("{var}", str(var))
            for name, value in self.model_dump().items()
            if isinstance(value, str)
        }
        return self.model_copy(update=filled)


class AppSettings(Settings):
    """A whole application."""

    host: str = Field(
        "127.0.0.1", description="Address to listen on; without keys only loopback is allowed."
    )
    port: int = Field(8000, ge=1, le=65_535, description="Port to listen on.")
    store: StoreSettings
    api: ApiSettings
    suggest: SuggestSettings
    index: IndexSettings
    shard: ShardSettings | None = Field(
        None, description="Without it every replica of the index holds all items."
    )
    sticker: StickerSettings
    image: ImageSettings | None = Field(None, description="Without it no images are made.")
    video: VideoSettings | None = Field(None, description="Without it no video is made.")
    audio: AudioSettings | None = Field(None, description="Without it no sound is made.")
    intake: IntakeSettings

    @property
    def may_sleep(self) -> list[MediaType]:
        """The media types whose generator runs only while somebody calls."""
        return [name for name in get_args(MediaType) if getattr(getattr(self, name), "may_sleep", False)]

    @classmethod
    def load(cls, path: Path, var: Path | None = None) -> Self:
        """Read a YAML file and fill in its `${NAME}`; ValueError names the file and the field that is wrong."""
        try:
            read = cls.model_validate(filled(yaml.safe_load(path.read_text()), os.environ))
        except FileNotFoundError:
            raise ValueError(f"{path}: no such configuration file") from None
        except (yaml.YAMLError, ValueError) as error:
            raise ValueError(f"{path}: {error}") from None
        folder = path.resolve().parent
        sections = {
            name: _with_paths(section, folder)
            for name, section in read
            if isinstance(section, ReplicaSettings)
        }
        return read.model_copy(update={"store": read.store.under(var or data_folder()), **sections})


def _with_paths(section: ReplicaSettings, folder: Path) -> ReplicaSettings:
    """The same with paths that are relative to the configuration file's folder."""
    paths = {name: folder / value for name, value in section if isinstance(value, Path)}
    return section.model_copy(update=paths)


def data_folder() -> Path:
    """Where a laptop keeps its store: `GRAMOJI_VAR`, else `var/` in the project."""
    return Path(os.environ.get("GRAMOJI_VAR", ROOT / "var")).resolve()


def traces_are_wanted() -> bool:
    """Whether OpenTelemetry's own variables say where traces go, and not that there are none."""
    if os.environ.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return False
    variables = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
    wanted = any(os.environ.get(name) for name in variables)
    return wanted and os.environ.get("OTEL_TRACES_EXPORTER") != "none"


def server_address_file() -> Path:
    """Where the server of this data folder says how its Ray is reached, for `gramoji deploy`."""
    return data_folder() / "ray_address"
