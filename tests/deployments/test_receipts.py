"""Receipts hold wherever they were signed."""

import shutil
from collections.abc import Callable
from pathlib import Path

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from deployments.receipts import Signer
from deployments.running import deploy, start
from deployments.settings import DEFAULT_CONFIG, AppSettings


def test_one_machine_makes_its_key_once_and_for_its_owner_only(tmp_path: Path) -> None:
    first = Signer(tmp_path / "new" / "key.pem", is_shared=False)
    assert (tmp_path / "new" / "key.pem").stat().st_mode & 0o777 == 0o600
    again = Signer(tmp_path / "new" / "key.pem", is_shared=False)
    signed = again.sign({"user_id": "u"})
    assert jwt.decode(signed, first.public_pem, algorithms=["EdDSA"]) == {"user_id": "u"}
    assert again.secret_for("links") == first.secret_for("links") != first.secret_for("other")


def test_machines_that_share_a_store_make_no_key_but_say_how(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    with pytest.raises(ValueError, match=r"key\.pem: no such key; .*`openssl genpkey -algorithm ed25519"):
        Signer(path, is_shared=True)
    assert not path.exists()
    made = Signer(tmp_path / "elsewhere.pem", is_shared=False)
    shutil.copy(tmp_path / "elsewhere.pem", path)
    assert Signer(path, is_shared=True).public_pem == made.public_pem


def test_another_kind_of_key_is_refused(tmp_path: Path) -> None:
    pem = X25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (tmp_path / "key.pem").write_bytes(pem)
    with pytest.raises(ValueError, match=r"key\.pem: not an Ed25519 private key"):
        Signer(tmp_path / "key.pem", is_shared=False)


def test_a_store_in_sqlite_is_one_machines_and_any_other_is_shared() -> None:
    store = AppSettings.load(DEFAULT_CONFIG).store
    assert not store.under(Path("/data")).is_shared
    assert store.model_copy(update={"database_url": "postgresql+asyncpg://host/g"}).is_shared


@pytest.mark.parametrize("begin", [start, deploy])
def test_neither_a_server_nor_a_cluster_starts_without_it(
    begin: Callable[[AppSettings], object], tmp_path: Path
) -> None:
    settings = AppSettings.load(DEFAULT_CONFIG, tmp_path)
    nowhere = {"database_url": "postgresql+asyncpg://nobody@127.0.0.1:1/nothing"}
    shared = settings.model_copy(update={"store": settings.store.model_copy(update=nowhere)})
    with pytest.raises(ValueError, match="no such key"):
        begin(shared)
