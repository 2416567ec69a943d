"""What must not be written where others read it: passwords in addresses, tokens, keys."""

from __future__ import annotations

import os
import re

_HIDDEN = "***"
# user:password@ and token@ before a host.
_CREDENTIALS = re.compile(r"(?<=://)[^/\s@]+@")
_SECRET_NAME = re.compile(r"(TOKEN|PASSWORD|PASSWD|SECRET|CREDENTIAL|API_?KEY|ACCESS_KEY)")
_SHORTEST = 6  # characters; a shorter value would blot out ordinary words


def without_secrets(text: str) -> str:
    """The text without credentials in addresses and without the values of secret variables.

    A variable of the environment is secret where its name says so: HF_TOKEN,
    MLFLOW_TRACKING_PASSWORD, AWS_SECRET_ACCESS_KEY.
    """
    text = _CREDENTIALS.sub(f"{_HIDDEN}@", text)
    for name, value in os.environ.items():
        if len(value) >= _SHORTEST and _SECRET_NAME.search(name.upper()):
            text = text.replace(value, _HIDDEN)
    return text


def first_line(error: BaseException) -> str:
    """The first line of what an error says, without secrets; empty where it says nothing."""
    return without_secrets(str(error)).splitlines()[0] if str(error) else ""
