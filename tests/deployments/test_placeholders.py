"""Secrets come into a configuration by name."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployments.placeholders import PLACEHOLDER, filled
from deployments.settings import DEFAULT_CONFIG, AppSettings

NAMES = ("GRAMOJI_DATABASE_URL", "GRAMOJI_STORAGE_URL", "GRAMOJI_SECRETS")
GPU = DEFAULT_CONFIG.with_name("gpu.yaml")


def test_the_cluster_has_its_store_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in zip(
        NAMES, ("postgresql+asyncpg://host/g", "s3://bucket", "/run/secrets"), strict=True
    ):
        monkeypatch.setenv(name, value)
    store = AppSettings.load(GPU).store
    assert store.database_url == "postgresql+asyncpg://host/g"
    assert store.blob_url == "s3://bucket/media"
    assert store.receipt_key_file == "/run/secrets/receipt_key.pem"


def test_what_is_not_set_is_named_with_its_file_and_field(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(
        ValueError, match=r"gpu\.yaml: store\.database_url: \$\{GRAMOJI_DATABASE_URL\} is not set"
    ):
        AppSettings.load(GPU)


def test_a_mounted_file_stands_for_a_variable_that_is_not_set(tmp_path: Path) -> None:
    (tmp_path / "url").write_text("postgresql://secret\n")
    environment = {"URL_FILE": str(tmp_path / "url")}
    assert filled({"store": ["${URL}/x"]}, environment) == {"store": ["postgresql://secret/x"]}
    assert filled("${URL}", environment | {"URL": "said"}) == "said"
    with pytest.raises(ValueError, match=r"store: URL_FILE: .*No such file"):
        filled({"store": "${URL}"}, {"URL_FILE": str(tmp_path / "none")})


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text().filter(lambda text: not PLACEHOLDER.search(text)),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(VALUES)
def test_what_names_no_variable_stays_as_it_is(value: object) -> None:
    assert filled(value, {}) == value


@given(st.text())
def test_a_value_is_taken_as_it_is_and_not_filled_again(value: str) -> None:
    assert filled("a ${NAME} b", {"NAME": value}) == f"a {value} b"
