"""Kedro's settings of the project."""

from trisampler.hooks.configuration import ConfigurationHooks
from trisampler.hooks.summary import SummaryHooks
from trisampler.hooks.tracking import TrackingHooks
from trisampler.incremental.session import IncrementalSession

_tracking = TrackingHooks()

# Kedro calls hooks in the reverse of this order: tracking ends before the summary names its run.
HOOKS = (SummaryHooks(_tracking), _tracking, ConfigurationHooks())
SESSION_CLASS = IncrementalSession
RUNNER_MODULE_ALLOWLIST = ("trisampler.incremental",)
CONFIG_LOADER_ARGS = {
    "base_env": "base",
    "default_run_env": "local",
    "merge_strategy": {
        "parameters": "soft",
        "globals": "soft",
        "structure": "soft",
        "tracking": "soft",
    },
    "config_patterns": {"structure": ["structure*"], "tracking": ["tracking*"]},
}
