"""What can go wrong between candidates and negatives, in words a user can act on."""

from trisampler.errors import TrisamplerError


class NegativesError(TrisamplerError):
    """Candidates, vectors, judgements or a sampler's parameters that cannot be used.

    The message names the query and the document concerned and says what to do.
    """
