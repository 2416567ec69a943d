"""Digests and seeds that are the same on every machine, in every process, in any order."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

_BLOCK = 1 << 20


def digest_text(text: str) -> bytes:
    """16 bytes of BLAKE2b over the UTF-8 form of `text`."""
    return hashlib.blake2b(text.encode(), digest_size=16).digest()


def digest_file(path: Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def digest_files(paths: Iterable[Path], root: Path) -> str:
    """SHA-256 over the names (relative to `root`) and contents of `paths`, in name order."""
    digest = hashlib.sha256()
    for name, path in sorted((path.relative_to(root).as_posix(), path) for path in paths):
        digest.update(f"{name}\0{digest_file(path)}\n".encode())
    return digest.hexdigest()


def derive_seed(seed: int, *labels: str | int) -> int:
    """A 63-bit seed that is a function of `seed` and the labels alone."""
    text = "\0".join([str(seed), *map(str, labels)])
    return int.from_bytes(digest_text(text)[:8], "little") >> 1


def unit_interval(seed: int, *labels: str | int) -> float:
    """A number in [0, 1) that is a function of `seed` and the labels alone."""
    return derive_seed(seed, *labels) / 2**63
