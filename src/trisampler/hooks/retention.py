"""Old models are pruned at the end of a run, where `retention.keep` says how many stay."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from kedro.config import OmegaConfigLoader
from kedro.framework.hooks import hook_impl

from trisampler.hooks.tracking_settings import shared_run_id

if TYPE_CHECKING:
    from kedro.framework.context import KedroContext

_logger = logging.getLogger(__name__)


class RetentionHooks:
    """Prunes when a run has succeeded that had something to do; fails softly."""

    def __init__(self) -> None:
        self._context: KedroContext | None = None
        self._has_worked = False

    @hook_impl
    def after_context_created(self, context: KedroContext) -> None:
        """Remember whose run it is."""
        self._context, self._has_worked = context, False

    @hook_impl
    def after_node_run(self) -> None:
        """A dry run, and one with nothing to do, prune nothing."""
        self._has_worked = True

    @hook_impl
    def after_pipeline_run(self) -> None:
        """Prune, unless others share the run: then whoever closes it does."""
        if self._context is not None and self._has_worked and shared_run_id() is None:
            prune_softly(self._context)
        self._context = None


def prune_softly(context: KedroContext) -> None:
    """Prune what `retention.keep` says; whatever fails is a warning, never an error."""
    from trisampler.project_retention import Retention, failures_text, pruned_text
    from trisampler.retention import prune
    from trisampler.secrets import first_line

    loader = context.config_loader
    assert isinstance(loader, OmegaConfigLoader)
    try:
        retention = Retention.of_loader(context.project_path, loader)
        keep = retention.parameters.retention.keep
        if keep is None:
            return
        pruned = prune(retention.leftovers(keep))
    except Exception as error:  # pruning must never cost a training run
        _logger.warning("Nothing is pruned: %s: %s", type(error).__name__, first_line(error))
        return
    if pruned.removed:
        _logger.info("Pruned (retention.keep=%d): %s.", keep, pruned_text(pruned))
    for line in failures_text(pruned):
        _logger.warning("%s", line)
