"""How a user names a retriever in one word, and what is meant by it.

    [NAME=]WHAT[,setting=value ...]

| WHAT | is |
|---|---|
| `bm25` | BM25 |
| a file | a TREC run file |
| a folder with a bundle in it | that bundle |
| anything else | an encoder: a folder, a hub id, `package:NAME`, `untrained:SEED` |

A path that is there is taken whole, whatever signs are in it. Settings are those of
`EncoderSettings`, for an encoder that does not say itself what they are, and BM25's.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeVar

from pydantic import BaseModel, ValidationError

from trisampler.encoders.encoder import Encoder
from trisampler.encoders.locate import locate_model
from trisampler.encoders.settings import EncoderSettings
from trisampler.errors import told
from trisampler.evaluation.systems import LEXICAL, system_label
from trisampler.release.manifest import MANIFEST, read_manifest
from trisampler.retrievers.errors import RetrieverError
from trisampler.search.settings import LexicalSettings

_Settings = TypeVar("_Settings", bound=BaseModel)
Kind = Literal["lexical", "run", "bundle", "encoder"]
_LEXICAL_FIELDS = ("language", "k1", "b")
_NAMED = re.compile(r"(?P<name>[A-Za-z0-9][\w.-]*)=(?P<rest>.+)", re.DOTALL)
_NEXT_SETTING = re.compile(r",(?=\w+=)")
_NO_LETTER = re.compile(r"[^\w.-]+")
_RUN_SUFFIXES = (".run", ".trec", ".txt", ".tsv")


@dataclass(frozen=True)
class NamedRetriever:
    """What a user named.

    Attributes:
        name: in tables and files.
        kind: what it is.
        what: where it is, or the encoder's name.
        settings: of an encoder; None for one that carries its own, and for all else.
        lexical: of BM25; None for all else.
    """

    name: str
    kind: Kind
    what: str
    settings: EncoderSettings | None = None
    lexical: LexicalSettings | None = None

    def load_encoder(self) -> Encoder:
        """The encoder that is named.

        Raises:
            EncoderError: it is not there or cannot be loaded.
        """
        if self.settings is None:
            return Encoder.load_folder(Path(self.what))
        return Encoder.load(self.settings)


def read_name(text: str) -> NamedRetriever:
    """What `text` names, all that can be checked without loading a model being checked.

    Raises:
        RetrieverError: settings that do not fit, or no such file.
        EncoderError: there is no such encoder.
        BundleError: the folder holds a bundle that is damaged.
    """
    matched = None if _is_path(text) else _NAMED.fullmatch(text)
    name, rest = (matched["name"], matched["rest"]) if matched else ("", text)
    what, settings = _without_settings(rest)
    kind = _kind(what)
    name = name or _default_name(what, kind)
    if kind == "lexical":
        lexical = _checked(LexicalSettings, _LEXICAL_FIELDS, text, settings)
        return NamedRetriever(name, kind, what, lexical=lexical)
    if kind != "encoder" or Encoder.saved_in(Path(what)):
        if settings:
            raise RetrieverError(
                f"{text!r}: {what} takes no settings ({settings[0]}): only bm25 does, and encoders "
                "that were not saved by trisampler, which writes theirs beside the weights."
            )
        return NamedRetriever(name, kind, what)
    return NamedRetriever(name, kind, what, _encoder_settings(text, what, settings))


def read_names(texts: Sequence[str]) -> list[NamedRetriever]:
    """The same of several, whose names must differ, in print too.

    Raises:
        RetrieverError: two have one name, or what `read_name` raises.
    """
    named = [read_name(text) for text in texts]
    names = [system_label(each.name) for each in named]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise RetrieverError(
            f"Two systems have the name {twice[0]!r}: put a name before each, as in "
            f"first={named[names.index(twice[0])].what}"
        )
    return named


def _is_path(text: str) -> bool:
    try:
        return Path(_from_home(text)).exists()
    except OSError:  # longer than a path can be
        return False


def _from_home(text: str) -> str:
    """The text, with the home folder of a user for the ~ that it begins with."""
    if not text.startswith("~"):
        return text
    try:
        return str(Path(text).expanduser())
    except RuntimeError as error:
        raise RetrieverError(f"{text}: {error} Write the path out.") from error


def _without_settings(text: str) -> tuple[str, list[str]]:
    """WHAT, with the user's home for a ~ before it, and the settings after it.

    WHAT is the longest part that is a path, and without one all before the first setting.
    """
    parts = _NEXT_SETTING.split(text)
    counts = range(len(parts), 1, -1)
    taken = next((n for n in counts if _is_path(",".join(parts[:n]))), 1)
    return _from_home(",".join(parts[:taken])), parts[taken:]


def _kind(what: str) -> Kind:
    if what == LEXICAL:
        return "lexical"
    path = Path(what)
    if path.is_file():
        return "run"
    if (path / MANIFEST).is_file():
        read_manifest(path)
        return "bundle"
    if path.suffix in _RUN_SUFFIXES and not path.is_dir():
        raise RetrieverError(f"There is no run file {what}.")
    return "encoder"


def _default_name(what: str, kind: Kind) -> str:
    """The last part of a path or hub id; of a bundle, whose folder is called that, the last two."""
    if kind == "run":
        return _NO_LETTER.sub("-", Path(what).stem)
    parts = [part for part in what.removeprefix("package:").split("/") if part.strip(".")]
    return _NO_LETTER.sub("-", "-".join(parts[-2 if kind == "bundle" else -1 :])) or what


def _encoder_settings(text: str, what: str, settings: list[str]) -> EncoderSettings:
    given = [f"name={what}", *settings]
    known = _checked(EncoderSettings, tuple(EncoderSettings.model_fields), text, given)
    for model in filter(None, (known.name, known.document_name)):
        locate_model(model)
    return known


def _checked(
    kind: type[_Settings], fields: Sequence[str], text: str, settings: list[str]
) -> _Settings:
    """The settings of a kind, of which `fields` can be given."""
    values = dict(setting.split("=", 1) for setting in settings)
    for name in values:
        if name not in fields:
            raise RetrieverError(
                f"{text!r}: there is no setting {name}; there are {', '.join(fields)}."
            )
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        raise RetrieverError(f"{text!r}: {told(error)}.") from None
