"""A Kedro context whose parameters are always the checked models of the whole tree."""

from __future__ import annotations

from typing import Any

from kedro.config import OmegaConfigLoader
from kedro.framework.context import KedroContext

from trisampler.project_parameters import read_parameters


class CheckedContext(KedroContext):
    """Kedro checks only the parameters that the nodes of the requested pipelines annotate.

    This one checks all of them, whatever is run, so that a misspelt key never goes unnoticed and a
    node's parameters are the same values under every `--pipelines`.
    """

    @property
    def params(self) -> dict[str, Any]:
        """Settings models by name, without what no node has a use for, not even to show it.

        Raises:
            ParameterError: Something in the tree does not fit.
        """
        assert isinstance(self.config_loader, OmegaConfigLoader)
        parameters = dict(read_parameters(self.config_loader))
        del parameters["retention"]
        return parameters
