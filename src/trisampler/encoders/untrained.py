"""A tiny BERT with random weights: any text in, a vector out, in milliseconds.

It is for tests and for trying the whole pipeline in seconds. It retrieves nothing well, but texts
that share words get closer vectors than texts that do not, and it can be trained.
"""

from __future__ import annotations

import itertools
import json
import string
from pathlib import Path
from typing import Any

from trisampler.atomic import replaced_folder
from trisampler.encoders.backbone import save_backbone
from trisampler.encoders.model_folder import write_shared_modules

_SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
_LETTERS = string.ascii_lowercase + string.digits
_WORDS = (
    "a an and are as at be by class def does each else false file find first for from function get "
    "given has how if import in index int into is item key last length line list make many name "
    "new next no none not number object of on one or order out path print raise read remove return "
    "self set sort string sum take test text that the this to true type under use value what when "
    "where which who why with word write zero"
)
_ENDINGS = "able al ed en er es est ing ion ity ive ize less ly ment ness ous st th tion"


def _vocabulary() -> dict[str, int]:
    """Every ASCII letter, digit and sign by itself, pairs of letters, and some whole words."""
    pairs = ["".join(pair) for pair in itertools.product(string.ascii_lowercase, "aeioulnrst")]
    whole = [*_LETTERS, *string.punctuation, *pairs, *_WORDS.split()]
    inside = [f"##{piece}" for piece in (*_LETTERS, *pairs, *_ENDINGS.split())]
    pieces = dict.fromkeys([*_SPECIAL, *whole, *inside])
    return {piece: row for row, piece in enumerate(pieces)}


def _tokenizer() -> Any:
    from transformers import BertTokenizer

    return BertTokenizer(vocab=_vocabulary(), do_lower_case=True, model_max_length=512)


def build_untrained_encoder(folder: Path, seed: int) -> None:
    """Write a tiny random BERT to `folder`, in the form that SentenceTransformer loads.

    Two layers, 32 dimensions, 2 heads, 512 positions, mean pooling, normalised. The same seed
    gives the same weights; torch's own random state is left as it was.

    Args:
        folder: where to write; replaced whole if it exists.
        seed: decides the weights.
    """
    import torch
    from transformers import BertConfig, BertModel

    tokenizer = _tokenizer()
    config = BertConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=512,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = BertModel(config)
    with replaced_folder(folder) as temporary:
        save_backbone(model, temporary)
        tokenizer.save_pretrained(temporary)
        write_shared_modules(
            temporary, dimension=32, pooling="mean", normalize=True, max_length=512, prompts={}
        )
        note = {"untrained": True, "seed": seed}
        (temporary / "untrained.json").write_text(json.dumps(note) + "\n", encoding="utf-8")
