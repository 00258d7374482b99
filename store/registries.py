"""Where the registry of each model that learns is: that of the ranker, and folders of it."""

from store.registry import Registry


def drawing_registry(url: str) -> Registry:
    """Of the policies that choose how media are drawn."""
    return Registry(f"{url.rstrip('/')}/drawing")


def generators_url(url: str, modality: str) -> str:
    """Where the versions of one generator are."""
    return f"{url.rstrip('/')}/generators/{modality}"


def generator_registry(url: str, modality: str) -> Registry:
    """Of the versions of one generator."""
    return Registry(generators_url(url, modality))
