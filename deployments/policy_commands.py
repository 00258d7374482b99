"""`gramoji promote`, `rollback`, `versions`, `learn`, `drift`: what was learned, on its way to the people."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal, get_args

import typer

from catalog.items import MediaType
from deployments.jobs import LEARNING, Config, Settings, Tenant, media_of, ranking_of, run_job, weights_of
from deployments.settings import DEFAULT_CONFIG, AppSettings
from store.journal import Decision, Journal
from store.registries import drawing_registry, generator_registry
from store.registry import Registry

UNLEARNED = {
    "ranker": "the hand-set weights",
    "drawing": "the hand-set shares",
    "sticker": "the weights that ship",
}
policy_app = typer.Typer()


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
        run_job("rl.promote_drawing", settings, tenant, version, *media_of(settings))
    if version.startswith("lora-"):
        raise ValueError(f"{version}: it serves where the configuration names its folder as `hub.lora`")
    if version.startswith("sticker-"):
        if settings.sticker.hub or settings.sticker.tuned:
            raise ValueError(f"{version}: {config} says what paints, so no version of the registry does")
        if shadow is not None:
            raise ValueError(f"{version}: what a generator makes unseen says nothing; try --canary")
        places = [*weights_of(settings), "--database", settings.store.database_url]
        run_job("rl.promote_generator", settings, tenant, version, *trial_options(canary, control), *places)
    if shadow is not None:
        from ranking.live_policy import read_policy

        registry = Registry(settings.store.registry_url)
        read_policy(registry, version)
        registry.shadow(version, shadow)
        Journal(registry).add(
            Decision("promote", "shadow", version, f"ranks {shadow:.0%} of the slates unseen")
        )
        typer.echo(f"{version} ranks {shadow:.0%} of the slates, and nobody sees it")
        return
    options = trial_options(canary, control)
    run_job("rl.promote_ranker", settings, tenant, version, *options, *ranking_of(settings))


def trial_options(canary: float | None, control: float) -> list[str]:
    """As the jobs take them."""
    return ["--control", str(control)] + ([] if canary is None else ["--canary", str(canary)])


@policy_app.command()
def rollback(
    config: Config = DEFAULT_CONFIG,
    of: Annotated[
        Literal["ranker", "drawing", "sticker"], typer.Option(help="What is taken back.")
    ] = "ranker",
) -> None:
    """Take back the canary, or else the live version: the one before it serves again, within seconds."""
    registry = _registries(AppSettings.load(config))[of]
    newest = registry.serving().newest
    version = registry.rollback()
    Journal(registry).add(Decision("rollback", "taken back", newest, "asked for"))
    typer.echo(f"{version} is live" if version else f"{UNLEARNED[of]} are live")


@policy_app.command()
def versions(config: Config = DEFAULT_CONFIG) -> None:
    """List the registered versions, with the slates they learned from."""
    settings = AppSettings.load(config)
    for registry in _registries(settings).values():
        _list(registry)
    for modality in get_args(MediaType):
        tuned = generator_registry(settings.store.registry_url, f"hub-{modality}")
        hub = getattr(getattr(settings, modality), "hub", None)
        _list(tuned, Path(hub.lora).name if hub and hub.lora else None)


def _list(registry: Registry, configured: str | None = None) -> None:
    """`configured` is what the configuration serves, where that says it."""
    serving = registry.serving()
    roles = {configured or serving.live: "live"}
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
    run_job("rl.learn", app, tenant, *ranking_of(app), *options, *(["--once"] if once else []))


@policy_app.command()
def drift(
    config: Config = DEFAULT_CONFIG,
    settings: Settings = LEARNING,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
    tenant: Tenant = None,
) -> None:
    """Measure how far the exported log has moved from what the live version learned from; exit code 1 if it has drifted."""
    options = ["--config", str(settings), *(["--json"] if as_json else [])]
    run_job("rl.measure_drift", AppSettings.load(config), tenant, *options)


def _registries(settings: AppSettings) -> dict[str, Registry]:
    url = settings.store.registry_url
    return {
        "ranker": Registry(url),
        "drawing": drawing_registry(url),
        "sticker": generator_registry(url, "sticker"),
    }
