"""Kedro's configuration loader with errors that whoever wrote the files can mend."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from kedro.config import BadConfigException, MissingConfigException, OmegaConfigLoader
from omegaconf.errors import OmegaConfBaseException
from yaml import YAMLError

from trisampler.errors import TrisamplerError
from trisampler.secrets import first_line

_GLOBALS = "globals"


class ConfigurationError(TrisamplerError):
    """Files under conf/ that are not there or cannot be read."""


class ReadableLoader(OmegaConfigLoader):
    """Raises ConfigurationError where Kedro's raises what Kedro, YAML and OmegaConf have."""

    def __getitem__(self, key: str) -> Any:
        """The configuration of that kind.

        Raises:
            ConfigurationError: Its files cannot be read, or the environment is not there.
        """
        if key == _GLOBALS:  # Kedro's own constructor looks for them, and knows its errors
            return super().__getitem__(key)
        with readable(key):
            return super().__getitem__(key)


@contextmanager
def readable(kind: str) -> Iterator[None]:
    """Errors of reading the configuration `kind` as a ConfigurationError."""
    try:
        yield
    except (
        BadConfigException,
        MissingConfigException,
        OmegaConfBaseException,
        YAMLError,
        ValueError,
    ) as error:
        raise ConfigurationError(
            f"conf/*/{kind}*.yml cannot be read: {type(error).__name__}: "
            f"{first_line(error).rstrip('.')}. Correct the file, or the name of the environment "
            "(--env, KEDRO_ENV)."
        ) from error
