"""What a node function was made for: the values that a factory closed it over.

Two node functions of one factory are the same code, and differ in these alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, is_dataclass
from types import FunctionType
from typing import Any

from pydantic import BaseModel


def closed_over(function: Callable[..., Any]) -> dict[str, Any]:
    """The values in `function`'s closure by name, as JSON holds them; {} where it has none.

    Functions among them stand for what they are closed over themselves: their code is counted with
    their modules'.

    Raises:
        TypeError: A value is of no kind that is the same in every process.
    """
    if not isinstance(function, FunctionType) or function.__closure__ is None:
        return {}
    cells = zip(function.__code__.co_freevars, function.__closure__, strict=True)
    return {name: _plain(cell.cell_contents) for name, cell in cells}


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, str | int | float | bool):
        return value
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if is_dataclass(value) and not isinstance(value, type):
        return {name: _plain(part) for name, part in asdict(value).items()}
    if isinstance(value, dict):
        return {str(name): _plain(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, FunctionType):
        return closed_over(value)
    raise TypeError(
        f"a node function is closed over {value!r}, which cannot be part of an input key: close it "
        "over numbers, strings, dictionaries, dataclasses, settings or functions of such"
    )
