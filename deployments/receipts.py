"""Receipts that can be checked later: JSON Web Signatures (RFC 7515) with Ed25519 (RFC 8037)."""

import os
from collections.abc import Mapping
from pathlib import Path

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)


class Signer:
    """Signs with one key of a file, which the only machine of a store makes when it is missing.

    ValueError where several machines may share the store: keys of their own would not fit together.
    """

    def __init__(self, key_file: Path, *, is_shared: bool) -> None:
        if not key_file.exists():
            if is_shared:
                raise ValueError(
                    f"{key_file}: no such key; machines that share a store need the same one, made once by "
                    f"`openssl genpkey -algorithm ed25519 -out {key_file}` and copied to each"
                )
            _write_key(key_file)
        key = load_pem_private_key(key_file.read_bytes(), password=None)
        if not isinstance(key, Ed25519PrivateKey):
            raise ValueError(f"{key_file}: not an Ed25519 private key")
        self._key = key

    @property
    def public_pem(self) -> bytes:
        """The public key."""
        return self._key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    def secret_for(self, purpose: str) -> bytes:
        """A secret that follows from the key (HKDF, RFC 5869): every replica with the same key file has the same."""
        raw = self._key.private_bytes_raw()
        return HKDF(SHA256(), length=32, salt=None, info=purpose.encode()).derive(raw)

    def sign(self, claims: Mapping[str, object]) -> str:
        """The claims as a compact JSON Web Signature."""
        return jwt.encode(dict(claims), self._key, algorithm="EdDSA")


def _write_key(path: Path) -> None:
    """Whole or not at all, and for the owner only; if another process was first, its key stays."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    part.touch(mode=0o600)
    part.write_bytes(pem)
    try:
        os.link(part, path)
    except FileExistsError:
        pass
    finally:
        part.unlink()
