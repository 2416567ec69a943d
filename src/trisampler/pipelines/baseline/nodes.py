"""Nodes of the pretrained encoder."""

from __future__ import annotations

from trisampler.encoders.encoder import Encoder
from trisampler.encoders.locate import digest_encoder
from trisampler.encoders.settings import EncoderSettings
from trisampler.incremental.outside import reads_outside


@reads_outside("encoder", digest_encoder)
def load_pretrained(encoder: EncoderSettings) -> Encoder:
    """Load the pretrained encoder; from here on it is an artifact like every trained one."""
    return Encoder.load(encoder)
