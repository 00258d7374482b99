import ast
import importlib
import importlib.metadata
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MAY_IMPORT = {
    "catalog": set[str](),
    "models": {"catalog"},
    "store": {"catalog"},
    "ranking": {"models", "store", "catalog"},
    "deployments": {"ranking", "models", "store", "catalog"},
    "rl": {"ranking", "models", "store", "catalog"},
}
WITHOUT_RAY = {"catalog", "models", "store", "ranking"}
READS_ENVIRONMENT = {"deployments/cli.py", "deployments/settings.py"}
DECORATES = {"deployments/app.py"}
VAGUE = {"utils", "util", "helpers", "helper", "common", "misc"}
MAX_LINES = 250


def files(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


CODE = files(*MAY_IMPORT)


def imports(tree: ast.AST) -> set[str]:
    """The top-level packages imported anywhere in the file, also inside functions."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            found.add((node.module or "").split(".")[0])
    return found


def mentions(tree: ast.AST, module: str, attributes: set[str]) -> bool:
    """Whether `module.attribute` is used, or an attribute imported from a module of that last name."""

    def found() -> Iterator[bool]:
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                yield node.value.id == module and node.attr in attributes
            elif isinstance(node, ast.ImportFrom):
                of_module = (node.module or "").split(".")[-1] == module
                yield of_module and any(alias.name in attributes for alias in node.names)

    return any(found())


def trees() -> Iterator[tuple[Path, ast.Module]]:
    for path in CODE:
        yield path, ast.parse(path.read_text())


def room(path: Path) -> str:
    return path.relative_to(ROOT).parts[0]


def test_imports_run_one_way() -> None:
    ours = {name(path): (room(path), imports(tree) & MAY_IMPORT.keys()) for path, tree in trees()}
    wrong = {file: found - MAY_IMPORT[own] - {own} for file, (own, found) in ours.items()}
    assert {file: found for file, found in wrong.items() if found} == {}


def test_only_deployments_and_rl_import_ray() -> None:
    assert [
        name(path) for path, tree in trees() if room(path) in WITHOUT_RAY and "ray" in imports(tree)
    ] == []


def test_what_serves_imports_nothing_that_only_an_extra_installs() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = {distribution(each) for extra in project["optional-dependencies"].values() for each in extra}
    extras -= {distribution(each) for each in project["dependencies"]} | {"gramoji"}
    modules = {
        module
        for module, names in importlib.metadata.packages_distributions().items()
        if {distribution(each) for each in names} <= extras
    }
    assert {"asyncpg", "s3fs"} <= modules, "the extras are not installed"
    serving = [(path, tree) for path, tree in trees() if room(path) in {"deployments", "ranking", "store"}]
    assert {name(path): found for path, tree in serving if (found := imports(tree) & modules)} == {}
    # A package that shares the name of one that is always there.
    assert [name(path) for path, _ in serving if "opentelemetry.exporter" in path.read_text()] == []


def distribution(requirement: str) -> str:
    """The normalised name in a requirement."""
    found = re.match(r"[\w.-]+", requirement)
    assert found
    return re.sub(r"[-_.]+", "-", found[0]).lower()


def test_only_the_cli_and_the_settings_read_the_environment() -> None:
    reading = {"environ", "environb", "getenv", "putenv"}
    assert {name(path) for path, tree in trees() if mentions(tree, "os", reading)} <= READS_ENVIRONMENT


def test_only_the_app_makes_deployments() -> None:
    assert {name(path) for path, tree in trees() if mentions(tree, "serve", {"deployment"})} <= DECORATES


@pytest.mark.parametrize("module", ["cli", "api", "suggest"])
def test_what_runs_no_model_starts_without_torch(module: str) -> None:
    asked = f"import sys, deployments.{module}; print('torch' in sys.modules)"
    told = subprocess.run(
        [sys.executable, "-c", asked], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert told.stdout.strip() == "False"


def test_files_are_short() -> None:
    lines = {name(path): len(path.read_text().splitlines()) for path in CODE + files("benchmarks")}
    assert {file: count for file, count in lines.items() if count > MAX_LINES} == {}


def test_files_are_named_for_what_they_hold() -> None:
    everything = CODE + files("benchmarks", "tests")
    assert [name(path) for path in everything if path.stem.removeprefix("test_") in VAGUE] == []
    assert [name(path) for path in everything if path.parent.name in VAGUE] == []


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_package_names_mean_this_checkout(package: str) -> None:
    assert Path(importlib.import_module(package).__file__ or "/").is_relative_to(ROOT)


@pytest.mark.parametrize(
    "source", ["import ray.serve", "from ray import serve", "def f():\n    import ray", "import ray as r"]
)
def test_an_import_is_seen_however_it_is_written(source: str) -> None:
    assert "ray" in imports(ast.parse(source))


@pytest.mark.parametrize(
    "source",
    ["os.environ['A']", "os.getenv('A')", "from os import environ", "def f():\n    os.environ.get('A')"],
)
def test_reading_the_environment_is_seen_however_it_is_written(source: str) -> None:
    assert mentions(ast.parse(source), "os", {"environ", "getenv"})


@pytest.mark.parametrize(
    "source", ["@serve.deployment\nclass A: ...", "serve.deployment(A)", "from ray.serve import deployment"]
)
def test_making_a_deployment_is_seen_however_it_is_written(source: str) -> None:
    assert mentions(ast.parse(source), "serve", {"deployment"})
