"""Which sources can be named."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from trisampler.corpora.settings import SourceSettings


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ({"pth": "x"}, "pth"),
        ({"format": "csv"}, "csv"),
        ({"path": ""}, "path"),
        ({"path": "x", "package": "json"}, "two sources"),
        ({"format": "beir"}, "needs path"),
        ({"format": "beir", "package": "json"}, "needs path"),
        ({"format": "dpr"}, "needs path"),
        ({"package": "../json"}, "package"),
        ({"package": "json."}, "package"),
        ({"package": "3d"}, "package"),
        ({"dev_fraction": 0}, "dev_fraction"),
        ({"dev_fraction": 0.9}, "dev_fraction"),
        ({"test_fraction": -0.1}, "test_fraction"),
        ({"minimum_summary_words": 0}, "minimum_summary_words"),
    ],
)
def test_refused(values: dict[str, Any], found: str) -> None:
    with pytest.raises(ValidationError, match=found):
        SourceSettings.model_validate(values)


@pytest.mark.parametrize("package", ["json", "xml.etree", "_x1.y_2", "naïve"])
def test_import_names(package: str) -> None:
    assert SourceSettings(package=package).package == package
