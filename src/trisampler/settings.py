"""Kedro's settings of the project."""

from typing import Any

from trisampler.context import CheckedContext
from trisampler.hooks.configuration import ConfigurationHooks
from trisampler.hooks.memory import MemoryHooks
from trisampler.hooks.retention import RetentionHooks
from trisampler.hooks.summary import SummaryHooks
from trisampler.hooks.tracking import TrackingHooks
from trisampler.hooks.training_share import TrainingShareHooks
from trisampler.incremental.session import IncrementalSession

_tracking = TrackingHooks()

# Kedro calls hooks in the reverse of this order: tracking ends before the summary names its run,
# and pruning comes last but for the memory that all of them leave.
HOOKS = (
    MemoryHooks(),
    RetentionHooks(),
    SummaryHooks(_tracking),
    _tracking,
    TrainingShareHooks(),
    ConfigurationHooks(),
)
CONTEXT_CLASS = CheckedContext
SESSION_CLASS = IncrementalSession
# The one posts usage data; the other's run status knows only Kedro's own sequential runner.
DISABLE_HOOKS_FOR_PLUGINS = ("kedro-telemetry", "kedro-viz")
RUNNER_MODULE_ALLOWLIST = ("trisampler.incremental",)
CONFIG_LOADER_ARGS: dict[str, Any] = {
    "base_env": "base",
    "default_run_env": "local",
    "merge_strategy": {
        "parameters": "soft",
        "globals": "soft",
        "structure": "soft",
        "tracking": "soft",
        "airflow": "soft",
    },
    "config_patterns": {
        "structure": ["structure*"],
        "tracking": ["tracking*"],
        "airflow": ["airflow*"],
    },
}
