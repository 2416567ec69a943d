"""Models: there, and the ones that they should be."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from trisampler.encoders.errors import EncoderError
from trisampler.encoders.locate import KNOWN_WEIGHTS, find_on_disk
from trisampler.installation.finding import Finding


def check_weights(names: Sequence[str]) -> Iterator[Finding]:
    """Every model that is named; none is fetched.

    Args:
        names: as `EncoderSettings.name`.
    """
    for name in names:
        try:
            folder = find_on_disk(name)
        except EncoderError as error:
            yield Finding("broken", "weights", str(error))
            continue
        if folder is None:
            found = f"{name} is not on this disk, and will be fetched from the hub when first used"
            yield Finding("note", "weights", found)
            continue
        known = name.removeprefix("package:") in KNOWN_WEIGHTS
        digest = ", SHA-256 as it should be" if known else ""
        yield Finding("ok", "weights", f"{name} in {folder}{digest}")
