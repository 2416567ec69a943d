"""Bundles as versions of a model that MLflow keeps: which is the champion, and what may follow it.

| module | |
|---|---|
| `registry` | versions, aliases, promotion and roll-back |
| `logged_model`, `pyfunc_model` | a bundle as an MLflow model, and back |
"""

from trisampler.registry.errors import RegistryError
from trisampler.registry.registry import Registry
from trisampler.registry.version import Version

__all__ = ["Registry", "RegistryError", "Version"]
