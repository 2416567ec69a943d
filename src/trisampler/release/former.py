"""The bundle that a new one takes the place of, as far as the new one must know it."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import polars as pl

from trisampler.release.changes import Changes, Contents
from trisampler.release.documents import read_digests
from trisampler.release.errors import BundleError
from trisampler.release.manifest import DOCUMENTS, check_names_and_sizes, read_manifest

_LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True)
class FormerBundle:
    """Contents of a bundle, and what it changed itself."""

    contents: Contents
    changes: Changes

    @classmethod
    def read(cls, folder: Path) -> Self | None:
        """The bundle in `folder`; None where there is none, or (with a warning) a damaged one."""
        if not folder.exists():
            return None
        try:
            manifest = read_manifest(folder)
            check_names_and_sizes(folder, manifest)
            digests = read_digests(folder / DOCUMENTS)
        except (BundleError, pl.exceptions.PolarsError) as error:
            _LOGGER.warning("The former bundle does not count: %s", error)
            return None
        return cls(Contents(manifest.fingerprint, digests), manifest.changes)
