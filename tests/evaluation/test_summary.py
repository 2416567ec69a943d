from textwrap import dedent

from evaluation.tables import measurement_table
from trisampler.evaluation.comparisons import compare_systems
from trisampler.evaluation.settings import EvaluationSettings
from trisampler.evaluation.summary import summary_text

SETTINGS = EvaluationSettings(measures=("nDCG@10", "RR@10", "R@100"), depth=100)


def measured(split):
    values = {"bm25": [0.25, 0.5, 0.0, 0.25], "encoder_0": [0.5] * 4, "encoder_1": [0.75] * 4}
    return measurement_table(
        {(split, system, name): values[system] for system in values for name in SETTINGS.measures}
    )


def summary(table):
    return summary_text(table, compare_systems(table, "encoder_0", SETTINGS, seed=0), SETTINGS)


TABLE = """\
system     nDCG@10   RR@10   R@100
----------------------------------
BM25        0.2500  0.2500  0.2500
encoder_0   0.5000  0.5000  0.5000
encoder_1   0.7500  0.7500  0.7500

BM25 not distinguishable from encoder_0 in nDCG@10: Holm-corrected p = .25, n = 4 {split} queries
  (difference -0.250, 95% interval -0.438 to -0.062)
encoder_1 not distinguishable from encoder_0 in nDCG@10: Holm-corrected p = .25, n = 4 {split} queries
  (difference +0.250, 95% interval +0.250 to +0.250)
"""  # noqa: E501


def test_the_printed_table_to_the_letter():
    assert summary(measured("test")) == f"test split, 4 queries\n\n{TABLE.format(split='test')}"


WARNING = """\
NO TEST SPLIT in this source: these are numbers of the dev split, which chose the checkpoints.
They flatter fine-tuned encoders.
"""


def test_dev_is_shown_loudly_where_there_is_no_test_split():
    assert (
        summary(measured("dev")) == f"{WARNING}dev split, 4 queries\n\n{TABLE.format(split='dev')}"
    )


def test_test_comes_before_dev_and_one_system_needs_no_sentence():
    table = measurement_table(
        {
            (split, "encoder_0", name): [value, value]
            for split, value in (("dev", 0.5), ("test", 1.0))
            for name in SETTINGS.measures
        }
    )
    assert summary(table) == dedent("""\
        test split, 2 queries

        system     nDCG@10   RR@10   R@100
        ----------------------------------
        encoder_0   1.0000  1.0000  1.0000
        """)
