"""What can go wrong with a cluster and be mended by the user."""

from __future__ import annotations

from trisampler.errors import TrisamplerError


class ClusterError(TrisamplerError):
    """There is no Ray, no cluster, or none that can do what is asked of it."""
