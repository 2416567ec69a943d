import subprocess
import sys

import pytest
from pydantic import ValidationError

from trisampler.evaluation.settings import EvaluationSettings


def test_defaults_are_measures_that_the_settings_accept_when_written_out():
    default = EvaluationSettings()
    assert EvaluationSettings(**default.model_dump()) == default


def test_measures_are_named_as_ir_measures_prints_them():
    settings = EvaluationSettings(measures=(" P( rel = 2 )@5 ", "NDCG@10"), summary=("nDCG@10",))
    assert settings.measures == ("P(rel=2)@5", "nDCG@10")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"measures": ["nDCG@10", "recall"]}, "'recall' names no measure"),
        ({"measures": ["nDCG@10", "R@"]}, "'R@' names no measure"),
        ({"measures": ["nDCG@10", "P(rel=two)@5"]}, "looks like rel=2"),
        ({"measures": ["nDCG@10", "AP(depth=3)"]}, "unsupported params"),
        ({"measures": ["nDCG@10", "alpha_nDCG@10"]}, "computed by none of"),
        ({"measures": ["nDCG@0"]}, "'nDCG@0': a cut-off is a whole number from 1, found 0"),
        ({"measures": ["Judged@0"]}, "a cut-off is a whole number from 1, found 0"),
        ({"measures": ["RR(cutoff=0)"]}, "a cut-off is a whole number from 1, found 0"),
        ({"measures": ["P@2.5"]}, "a cut-off is a whole number from 1, found 2.5"),
        ({"measures": ["P(rel=0)@5"]}, "rel is a whole number from 1, found 0"),
        ({"measures": ["AP(rel=True)"]}, "rel is a whole number from 1, found True"),
        ({"measures": ["R"]}, "'R' needs a cut-off, such as R@100"),
        ({"measures": ["P(rel=2)"]}, "'P(rel=2)' needs a cut-off, such as P(rel=2)@100"),
        ({"measures": ["IPrec"]}, "'IPrec' needs a recall, such as IPrec@0.1"),
        ({"measures": ["IPrec@2.0"]}, "a recall lies between 0.0 and 1.0, found 2.0"),
        ({"measures": ["nDCG@10", "NDCG@10"]}, "named twice: nDCG@10"),
        ({"primary": "AP@3"}, "AP@3 is shown"),
        ({"summary": ["P@1"]}, "P@1 is shown"),
        ({"depth": 100}, "R@1000 looks at 1000 documents, but runs keep 100"),
        ({"mesures": ["AP"]}, "mesures"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(changes, message):
    with pytest.raises(ValidationError) as caught:
        EvaluationSettings.model_validate(changes)
    assert message in str(caught.value)


def test_importing_settings_imports_nothing_heavy():
    heavy = "{'ir_measures', 'pytrec_eval', 'matplotlib', 'polars', 'jinja2'}"
    code = f"import sys, trisampler.evaluation.settings; assert not {heavy} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_importing_the_report_imports_no_plotting_or_measuring_library():
    heavy = "{'ir_measures', 'pytrec_eval', 'matplotlib', 'jinja2'}"
    code = (
        "import sys, trisampler.evaluation.report, trisampler.evaluation.model_card; "
        f"assert not {heavy} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
