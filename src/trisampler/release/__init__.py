"""A trained retriever as one folder to deploy: encoder, vectors, index and documents."""

from trisampler.release.bundle import Bundle, Hits
from trisampler.release.errors import BundleError
from trisampler.release.writing import BundleParts, write_bundle

__all__ = ["Bundle", "BundleError", "BundleParts", "Hits", "write_bundle"]
