"""Options that several commands share."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from trisampler.atomic import is_stream, link_target
from trisampler.encoders.user_cache import user_cache
from trisampler.given_params import params_option

if TYPE_CHECKING:
    from pydantic import BaseModel

    from trisampler.corpora.settings import PreparationSettings, SourceSettings
    from trisampler.encoders.settings import EncodingSettings
    from trisampler.encoders.vector_cache import VectorCache

_Settings = TypeVar("_Settings", bound="BaseModel")
_Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


class _OutputFile(click.Path):
    """A file that can be written once the work is done, which is asked before it."""

    def __init__(self) -> None:
        super().__init__(dir_okay=False, path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The path as it was typed, whose folder, or the nearest above it, can be written to.

        Of a link that is the folder of what it points to: see `link_target`.
        """
        path = Path(os.fspath(value))
        super().convert(value, param, ctx)
        if is_stream(path):
            if not os.access(path, os.W_OK):
                self.fail(f"{path} cannot be written: it is not yours to write to.", param, ctx)
            return path
        target = link_target(path)
        nearest = next(folder for folder in target.absolute().parents if folder.exists())
        if not nearest.is_dir() or not os.access(nearest, os.W_OK | os.X_OK):
            self.fail(f"{target} cannot be written: {nearest} allows no new file.", param, ctx)
        return path


OUTPUT_FILE = _OutputFile()


def workspace_option(what: str) -> _Decorator:
    """--workspace, of the project around the working folder.

    Args:
        what: Of the workspace the command wants, as help says it.
    """
    return click.option(
        "--workspace",
        metavar="NAME",
        help=f"{what}, in the project around the working folder.  [default: that of its "
        "globals.yml]",
    )


env_option = click.option("--env", metavar="NAME", help="The project's configuration environment.")


def source_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """--source, --package, --source-params, --preparation: passed on as `source`, `preparation`."""

    @_options(
        click.option(
            "--source",
            "path",
            metavar="PATH",
            help="A folder or file in any form that a run reads, such as BEIR's. Without it and "
            "--package: the Python standard library.",
        ),
        click.option("--package", metavar="NAME", help="An installed Python package, as source."),
        params_option(
            "--source-params",
            "What else there is under `source` in a run: format=beir,dev_fraction=0.2.",
        ),
        params_option(
            "--preparation",
            "What is done to documents and queries, as in a run: passage_characters=1200.",
        ),
    )
    @functools.wraps(command)
    def with_source(
        path: str | None,
        package: str | None,
        source_params: dict[str, Any],
        preparation: dict[str, Any],
        **rest: Any,
    ) -> Any:
        values = {"path": path, "package": package, **source_params}
        return command(source=_source(values), preparation=_preparation(preparation), **rest)

    return with_source


def encoding_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """--device, --precision, --cache: passed on as `encoding` and `cache`."""

    @_options(
        click.option(
            "--device",
            default="auto",
            show_default=True,
            metavar="NAME",
            help="auto (a GPU where there is one), cpu, cuda, cuda:1, mps.",
        ),
        click.option(
            "--precision",
            type=click.Choice(["auto", "float32", "bfloat16", "float16"]),
            default="auto",
            show_default=True,
            help="What encoders compute in; auto: what the hardware is fast at.",
        ),
        click.option(
            "--cache",
            type=click.Path(file_okay=False, path_type=Path),
            metavar="DIR",
            help="Where vectors are kept, so that no text is encoded twice and work that was "
            "stopped goes on.  [default: trisampler/vectors in the user's cache folder]",
        ),
    )
    @functools.wraps(command)
    def with_encoding(device: str, precision: str, cache: Path | None, **rest: Any) -> Any:
        encoding = _encoding({"device": device, "precision": precision})
        return command(encoding=encoding, cache=_cache(cache), **rest)

    return with_encoding


def checked(model: type[_Settings], values: dict[str, Any]) -> _Settings:
    """Settings from what a user gave.

    Raises:
        click.UsageError: Something does not fit.
    """
    from pydantic import ValidationError

    try:
        return model.model_validate(values)
    except ValidationError as error:
        problems = error.errors(include_url=False)
        raise click.UsageError("; ".join(dict.fromkeys(map(_problem, problems)))) from None


def _problem(problem: Any) -> str:
    """What does not fit, without the name of the setting where the message is one of ours."""
    if problem["type"] == "value_error":
        return str(problem["ctx"]["error"])
    return f"{'.'.join(map(str, problem['loc']))}: {problem['msg']} (found {problem['input']!r})"


def _source(values: dict[str, Any]) -> SourceSettings:
    from trisampler.corpora.settings import SourceSettings

    return checked(SourceSettings, values)


def _preparation(values: dict[str, Any]) -> PreparationSettings:
    from trisampler.corpora.settings import PreparationSettings

    return checked(PreparationSettings, values)


def _encoding(values: dict[str, Any]) -> EncodingSettings:
    from trisampler.encoders.precision import resolve_device
    from trisampler.encoders.settings import EncodingSettings

    settings = checked(EncodingSettings, values)
    if settings.device != "auto":
        resolve_device(settings.device)
    return settings


def _cache(folder: Path | None) -> VectorCache:
    from trisampler.encoders.vector_cache import VectorCache

    return VectorCache(folder or user_cache("vectors"))


def _options(*options: _Decorator) -> _Decorator:
    """Several options at once, in the order of reading."""

    def apply(command: Callable[..., Any]) -> Callable[..., Any]:
        for option in reversed(options):
            command = option(command)
        return command

    return apply
