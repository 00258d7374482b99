"""`gramoji finetune`, `promote`, `rollback`, `versions`, `learn`, `drift`, `training-set`: what is learned from the log."""

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

import typer

from deployments.settings import DEFAULT_CONFIG, AppSettings
from ranking.live_drawing import drawing_registry
from ranking.live_generator import generator_registry
from ranking.live_policy import read_policy
from store.journal import Decision, Journal
from store.registry import Registry

Config = Annotated[Path, typer.Option(help="Configuration file.")]
Settings = Annotated[Path, typer.Option(help="Settings of learning.")]
Tenant = Annotated[
    str | None, typer.Option(help="Whose slates, where several tenants have keys; `*` is all.")
]
UNLEARNED = {
    "ranker": "the hand-set weights",
    "drawing": "the hand-set shares",
    "sticker": "the weights that ship",
}
LEARNING = DEFAULT_CONFIG.parent / "rl" / "learn.yaml"
policy_app = typer.Typer()
finetune_app = typer.Typer(help="Learn from what people select.", no_args_is_help=True)
policy_app.add_typer(finetune_app, name="finetune")


@finetune_app.command("ranker")
def finetune_ranker(
    config: Config = DEFAULT_CONFIG,
    training: Annotated[Path, typer.Option(help="Training settings.")] = DEFAULT_CONFIG.parent
    / "rl"
    / "ranker.yaml",
    run_dir: Annotated[Path, typer.Option(help="Folder of checkpoints and TensorBoard events.")] = Path(
        "runs/ranker"
    ),
    tenant: Tenant = None,
) -> None:
    """Train a ranking policy on the exported log and register it; started again, it goes on where it stopped."""
    settings = AppSettings.load(config)
    _job(
        "rl.train_ranker",
        settings,
        "--config",
        str(training),
        "--run-dir",
        str(run_dir),
        *_ranking(settings),
        *_of(tenant),
    )


@finetune_app.command("drawing")
def finetune_drawing(
    config: Config = DEFAULT_CONFIG,
    training: Annotated[Path, typer.Option(help="Training settings.")] = DEFAULT_CONFIG.parent
    / "rl"
    / "drawing.yaml",
    run_dir: Annotated[Path, typer.Option(help="Folder of checkpoints and TensorBoard events.")] = Path(
        "runs/drawing"
    ),
    tenant: Tenant = None,
) -> None:
    """Train the policy that chooses style, mood and letters of what is made, and register it."""
    settings = AppSettings.load(config)
    options = ["--config", str(training), "--run-dir", str(run_dir)]
    _job("rl.train_drawing", settings, *options, *_media(settings), *_of(tenant))


@finetune_app.command("reward")
def finetune_reward(
    config: Config = DEFAULT_CONFIG,
    training: Annotated[Path, typer.Option(help="Training settings.")] = DEFAULT_CONFIG.parent
    / "rl"
    / "reward.yaml",
    tenant: Tenant = None,
) -> None:
    """Learn from the exported log what people select of generated stickers, and register it for tuning to climb."""
    settings = AppSettings.load(config)
    weights = settings.sticker.weights.parent
    options = ["--config", str(training), "--weights", str(weights)]
    _job("rl.train_reward", settings, *options, *_ranking(settings), *_media(settings), *_of(tenant))


@policy_app.command("training-set")
def training_set(
    out: Annotated[Path, typer.Argument(help="Folder that receives the set, replacing the one there.")],
    config: Config = DEFAULT_CONFIG,
    settings: Settings = LEARNING,
    if_drifted: Annotated[
        bool, typer.Option("--if-drifted", help="Only if the log has drifted, or there is no set yet.")
    ] = False,
    tenant: Tenant = None,
) -> None:
    """Write what `gramoji train sticker` may learn from now: the catalogue, selected and uploaded stickers."""
    app = AppSettings.load(config)
    options = [str(out), "--config", str(settings), *(["--if-drifted"] if if_drifted else [])]
    _job("rl.build_training_set", app, *options, *_media(app), *_of(tenant))


@policy_app.command()
def promote(
    version: Annotated[str, typer.Argument(help="A registered version.")],
    canary: Annotated[float | None, typer.Option(help="Only try it, on this share of the people.")] = None,
    shadow: Annotated[
        float | None, typer.Option(help="Only let it rank this share of the slates, unseen.")
    ] = None,
    control: Annotated[
        float,
        typer.Option(help="Share of the people who keep the version before, to watch the new one by."),
    ] = 0.05,
    tenant: Tenant = None,
    config: Config = DEFAULT_CONFIG,
) -> None:
    """Take a version live if the log, or its trial, says that it is surely better; otherwise say why not.

    For a canary it is enough that the log does not say that it is surely worse, for a shadow that it can be read.
    """
    settings = AppSettings.load(config)
    if version.startswith("drawing-"):
        if canary is not None or shadow is not None:
            raise ValueError(
                f"{version}: what is drawn is always explored; it needs no canary and no shadow"
            )
        _job("rl.promote_drawing", settings, version, *_media(settings), *_of(tenant))
    if version.startswith("sticker-"):
        if canary is not None or shadow is not None:
            raise ValueError(f"{version}: generators have no canary and no shadow yet")
        _job("rl.promote_generator", settings, version, *_of(tenant))
    if shadow is not None:
        registry = Registry(settings.store.registry_url)
        read_policy(registry, version)
        registry.shadow(version, shadow)
        Journal(registry).add(
            Decision("promote", "shadow", version, f"ranks {shadow:.0%} of the slates unseen")
        )
        typer.echo(f"{version} ranks {shadow:.0%} of the slates, and nobody sees it")
        return
    options = ["--control", str(control)] + ([] if canary is None else ["--canary", str(canary)])
    _job("rl.promote_ranker", settings, version, *options, *_ranking(settings), *_of(tenant))


@policy_app.command()
def rollback(
    config: Config = DEFAULT_CONFIG,
    of: Annotated[
        Literal["ranker", "drawing", "sticker"], typer.Option(help="What is taken back.")
    ] = "ranker",
) -> None:
    """Take back the canary, or else the live version: the one before it serves again, within seconds.

    A generator is painted with again after `gramoji deploy`.
    """
    registry = _registries(AppSettings.load(config))[of]
    newest = registry.serving().newest
    version = registry.rollback()
    Journal(registry).add(Decision("rollback", "taken back", newest, "asked for"))
    typer.echo(f"{version} is live" if version else f"{UNLEARNED[of]} are live")


@policy_app.command()
def versions(config: Config = DEFAULT_CONFIG) -> None:
    """List the registered versions, with the slates they learned from."""
    for registry in _registries(AppSettings.load(config)).values():
        _list(registry)


def _list(registry: Registry) -> None:
    serving = registry.serving()
    roles = {serving.live: "live"}
    if serving.beside is not None:
        roles[serving.beside.version] = (
            f"{serving.beside.role} for {serving.beside.share:.0%} of the people"
        )
    if serving.shadow is not None:
        roles.setdefault(serving.shadow.version, "shadow")
    for about in registry.versions():
        at = datetime.fromtimestamp(about["registered_at_s"], UTC)
        mark = roles.get(about["version"], "")
        typer.echo(f"{about['version']}  {at:%Y-%m-%d %H:%M}  {about['data']['slates']} slates  {mark}")


@policy_app.command()
def learn(
    config: Config = DEFAULT_CONFIG,
    settings: Settings = LEARNING,
    run_dir: Annotated[Path, typer.Option(help="Folder of training runs.")] = Path("runs/learn"),
    once: Annotated[bool, typer.Option("--once", help="Look once and end, for cron.")] = False,
    tenant: Tenant = None,
) -> None:
    """Watch the log, learn when there is enough that is new, try out what was learned, promote it or take it back."""
    app = AppSettings.load(config)
    options = ["--database", app.store.database_url, "--config", str(settings), "--run-dir", str(run_dir)]
    _job("rl.learn", app, *_ranking(app), *options, *_of(tenant), *(["--once"] if once else []))


@policy_app.command()
def drift(
    config: Config = DEFAULT_CONFIG,
    settings: Settings = LEARNING,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
    tenant: Tenant = None,
) -> None:
    """Measure how far the exported log has moved from what the live version learned from; exit code 1 if it has drifted."""
    _job(
        "rl.measure_drift",
        AppSettings.load(config),
        "--config",
        str(settings),
        *(["--json"] if as_json else []),
        *_of(tenant),
    )


def _registries(settings: AppSettings) -> dict[str, Registry]:
    url = settings.store.registry_url
    return {
        "ranker": Registry(url),
        "drawing": drawing_registry(url),
        "sticker": generator_registry(url, "sticker"),
    }


def _media(settings: AppSettings) -> list[str]:
    return ["--database", settings.store.database_url, "--media", settings.store.blob_url]


def _ranking(settings: AppSettings) -> list[str]:
    return ["--ranking", str(settings.suggest.ranking)]


def _of(tenant: str | None) -> list[str]:
    return [] if tenant is None else ["--tenant", tenant]


def _job(module: str, settings: AppSettings, *arguments: str) -> None:
    """Jobs are programs of their own: the server knows nothing of learning."""
    places = ("--log", settings.store.log_url, "--registry", settings.store.registry_url)
    command = [sys.executable, "-m", module, *arguments, *places]
    raise typer.Exit(subprocess.run(command, check=False).returncode)
