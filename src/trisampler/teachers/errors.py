"""What can go wrong with a teacher, in words that say what to do."""

from trisampler.errors import TrisamplerError


class TeacherError(TrisamplerError):
    """A teacher cannot be used as it was asked for, or gives no usable score."""
