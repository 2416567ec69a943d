"""What is up to date: input keys, the records beside artifacts, and a runner that skips by them."""

from trisampler.incremental.runner import IncrementalRunner
from trisampler.incremental.session import IncrementalSession

__all__ = ["IncrementalRunner", "IncrementalSession"]
