"""The README beside a trained encoder: front matter for the Hugging Face hub, then plain facts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from trisampler.evaluation.base_weights import BaseWeights, describe_base
from trisampler.evaluation.flatten import flatten
from trisampler.evaluation.metrics import splits_in_order
from trisampler.evaluation.summary import split_warning
from trisampler.evaluation.systems import in_order, system_label
from trisampler.evaluation.templates import render


@dataclass(frozen=True)
class ModelCard:
    """What a card says.

    Attributes:
        system: The encoder's name in `metrics`, such as `encoder_1`.
        base: The parameter `encoder.name` that training started from.
        base_digest: What those weights were, in hexadecimal.
        data: Facts about the data, nested or flat: digests, numbers of documents, queries, pairs.
        parameters: The parameter tree of the run.
        metrics: {split: {system: {measure: value}}}.
        sentences: Comparisons in words.
        query_prompt: Put before queries when this encoder was trained.
        document_prompt: Put before documents.
    """

    system: str
    base: str
    base_digest: str
    data: Mapping[str, Any]
    parameters: Mapping[str, Any]
    metrics: Mapping[str, Mapping[str, Mapping[str, float]]]
    sentences: Sequence[str] = ()
    query_prompt: str = ""
    document_prompt: str = ""


def render_model_card(card: ModelCard) -> str:
    """The card as Markdown with YAML front matter."""
    import yaml

    base = describe_base(card.base)
    front_matter = yaml.safe_dump(_front_matter(card, base), sort_keys=False, allow_unicode=True)
    # JSON files keep no order of keys, so that the order is made here.
    metrics = {
        split: {system: card.metrics[split][system] for system in in_order(card.metrics[split])}
        for split in splits_in_order(card.metrics)
    }
    measures = list(dict.fromkeys(m for s in metrics.values() for v in s.values() for m in v))
    return render(
        "model_card.md.j2",
        card=card,
        base=base,
        front_matter=front_matter,
        metrics=metrics,
        measures=measures,
        data=flatten(card.data),
        parameters=flatten(card.parameters),
        split_warning=split_warning,
        system_label=system_label,
    )


def _front_matter(card: ModelCard, base: BaseWeights) -> dict[str, Any]:
    matter: dict[str, Any] = {
        "library_name": "sentence-transformers",
        "pipeline_tag": "sentence-similarity",
        "tags": ["sentence-transformers", "feature-extraction", "dense-retrieval", "trisampler"],
    }
    if base.licence:
        matter["license"] = base.licence
    if base.hub_id:
        matter["base_model"] = base.hub_id
    results = [
        {
            "task": {"type": "information-retrieval", "name": "Information Retrieval"},
            "dataset": {"name": f"{split} split", "type": "custom", "split": split},
            "metrics": [
                {"type": measure, "name": measure, "value": round(value, 6)}
                for measure, value in systems[card.system].items()
            ],
        }
        for split in splits_in_order(card.metrics)
        for systems in [card.metrics[split]]
        if card.system in systems
    ]
    if results:
        matter["model-index"] = [{"name": card.system, "results": results}]
    return matter
