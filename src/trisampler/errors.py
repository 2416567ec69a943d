"""The error a user can mend: shown as one message, without a traceback."""


class TrisamplerError(Exception):
    """Something the user can mend.

    The message says what was found, where (file, line, id), and what to do about it.
    Packages derive their own errors from it; the command line prints it bare.
    """
