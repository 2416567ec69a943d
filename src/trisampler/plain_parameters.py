"""The parameter tree as JSON holds it: what reports and model cards show."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel


def plain_parameters(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Settings models as dictionaries; everything else as it is."""
    return {
        name: value.model_dump(mode="json") if isinstance(value, BaseModel) else value
        for name, value in parameters.items()
    }
