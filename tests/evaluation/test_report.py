import base64
import re
from html.parser import HTMLParser

import pytest

from evaluation.drawings import audit, history, plane
from evaluation.tables import measurement_table
from trisampler.evaluation.comparisons import compare_systems
from trisampler.evaluation.report import ReportContent, render_report
from trisampler.evaluation.settings import EvaluationSettings

SETTINGS = EvaluationSettings(
    measures=("nDCG@10", "RR@10"), summary=("nDCG@10",), permutations=500, resamples=500
)
VOID = {"meta", "img", "br", "link", "input"}


class Page(HTMLParser):
    """Checks that tags nest, and collects links, images and text."""

    def __init__(self, html):
        super().__init__()
        self.open, self.links, self.ids, self.text, self.tags = [], [], set(), "", set()
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        attributes = dict(attrs)
        self.links += [attributes[name] for name in ("src", "href") if name in attributes]
        self.ids |= {attributes["id"]} if "id" in attributes else set()
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" not in self.open:
            self.text += f" {data}"


def content(splits=("dev", "test"), **changes):
    values = {
        (split, system, measure): [base + 0.01 * (index % 5) for index in range(40)]
        for split in splits
        for system, base in (("bm25", 0.3), ("encoder_0", 0.5), ("encoder_1", 0.6))
        for measure in SETTINGS.measures
    }
    measurements = measurement_table(values)
    return ReportContent(
        title="my <corpus> & more",
        measurements=measurements,
        comparisons=compare_systems(measurements, "encoder_0", SETTINGS, seed=0),
        ingestion={"documents": 4733, "repaired": {"byte_order_marks": 1}},
        **changes,
    )


def page_of(report_content):
    html = render_report(report_content, SETTINGS, 0)
    return html, Page(html)


@pytest.fixture(scope="module")
def full():
    return page_of(
        content(
            histories={"round_1": history(1)},
            planes={"round_1": plane()},
            diagnostics={"round_1": {"share_positive_relu": 0.68, "size": {"mean": 45.25}}},
            audit=audit(2),
            parameters={"sampling": {"sampler": "tri", "temperature": 0.05}},
        )
    )


def test_the_page_is_whole_and_refers_to_nothing_outside(full):
    html, page = full
    assert html.startswith("<!DOCTYPE html>")
    assert page.links
    for link in page.links:
        assert link.startswith(("data:image/png;base64,", "#"))
        assert link[1:] in page.ids or link.startswith("data:")
    assert not page.tags & {"script", "link", "iframe", "object"}
    assert "url(" not in html
    assert "@import" not in html


def test_the_best_of_each_measure_is_bold_also_where_its_name_has_a_dot():
    values = {
        ("test", system, measure): [base] * 40
        for measure in ("nDCG@10", "IPrec@0.1", "SetF(beta=0.5)")
        for system, base in (("encoder_0", 0.5), ("encoder_1", 0.6))
    }
    measurements = measurement_table(values)
    html, _ = page_of(
        ReportContent(
            title="dots",
            measurements=measurements,
            comparisons=compare_systems(measurements, "encoder_0", SETTINGS, seed=0),
            ingestion={},
        )
    )
    assert html.count('<td class="best">0.6000</td>') == 3
    assert '<td class="best">0.5000</td>' not in html


def test_plots_are_inside_as_images(full):
    html, _ = full
    images = re.findall(r"data:image/png;base64,([^\"]+)", html)
    assert len(images) == 4
    for image in images:
        assert base64.b64decode(image, validate=True).startswith(b"\x89PNG")


def test_what_a_reader_looks_for_is_there(full):
    _, page = full
    text = " ".join(page.text.split())
    for found in (
        "my <corpus> & more",
        "test split, 40 queries",
        "encoder_1 above encoder_0 by 0.100 nDCG@10",
        "BM25",
        "documents 4733",
        "repaired.byte_order_marks 1",
        "size.mean 45.25",
        "round 1 round 2",
        "negatives that hidden judgements call relevant 4.0% (3.6% to 4.4%) 2.0% (1.6% to 2.4%)",
        "relevant of those from: lexical 1.0% of 9,000",
        "negatives that the former round had - 41.0%",
        "1,200 positives of 240 training queries were hidden",
        "sampling.temperature 0.05",
    ):
        assert found in text
    assert "NO TEST SPLIT" not in text


def test_without_test_split_the_page_says_so_and_optional_parts_may_be_missing():
    _, page = page_of(content(splits=("dev",)))
    assert "NO TEST SPLIT" in page.text
    assert "sampling" not in page.ids
    assert page.text.count("Plots") == 2


def test_the_same_content_gives_the_same_page():
    assert page_of(content())[0] == page_of(content())[0]


HOSTILE = '<script>alert(1)</script> & "quoted" </details>'


def changes(**values):
    document = {"doc_id": "d<1>", "title": HOSTILE, "text": HOSTILE, "relevance": 2}
    unjudged = {**document, "doc_id": "d2", "title": "", "relevance": None, "rank": 2}
    query = {
        "query_id": "q<1>",
        "query": HOSTILE,
        "value_before": 0.25,
        "value_after": 1.0,
        "relevant": [{**document, "rank_before": None, "rank_after": 1}],
        "relevant_documents": 4,
        "results_before": [],
        "results_after": [{**document, "rank": 1}, unjudged],
    }
    return {
        "measure": "nDCG@10",
        "before": "encoder_0",
        "after": "encoder_2",
        "queries": 1300,
        "gained": 1200,
        "lost": 30,
        "most_gained": [query],
        "most_lost": [],
        **values,
    }


def test_queries_that_changed_most_are_told_with_escaped_texts():
    told = {"dev": changes(), "test": changes(most_gained=[], queries=77)}
    html, page = page_of(content(query_changes=told))
    assert "script" not in page.tags
    assert "diagnosis" in page.ids
    text = " ".join(page.text.split())
    for found in (
        "dev queries, encoder_2 against encoder_0",
        "nDCG@10 rose for 1,200, fell for 30 and stayed for 70 of 1,300 queries",
        f"+0.750 {HOSTILE} Query q<1>: nDCG@10 0.250 with encoder_0, 1.000 with encoder_2.",
        f"not retrieved \u2192 rank 1: d<1> {HOSTILE} {HOSTILE} and 3 more relevant documents",
        "encoder_0 nothing was retrieved encoder_2",
        f"d<1> {HOSTILE} {HOSTILE} relevant (2) d2 {HOSTILE} unjudged",
        "Lost most None.",
    ):
        assert found in text, found
    assert "77" not in text
    assert "Test queries are not shown" in text
    assert "<script" not in html


def test_test_queries_are_shown_only_without_dev_queries_and_with_a_warning():
    told = {"dev": changes(queries=0), "test": changes()}
    _, page = page_of(content(query_changes=told))
    text = " ".join(page.text.split())
    assert "test queries, encoder_2 against encoder_0" in text
    assert "for reporting only. A setting that is changed because of them" in text
    _, page = page_of(content(query_changes={"dev": changes(queries=0)}))
    assert "diagnosis" not in page.ids


def test_warnings_are_listed_or_there_is_one_line():
    _, page = page_of(content(warnings=["3 of 40 test queries <are> training queries."]))
    assert "3 of 40 test queries <are> training queries." in page.text
    assert "Nothing to warn of" not in page.text
    _, page = page_of(content(warnings=[]))
    assert page.text.count("Nothing to warn of") == 1
    assert "judged" not in page.text.split("Nothing to warn of")[1].split(".")[0]
