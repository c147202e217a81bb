"""Extraction on real pages."""

import importlib.util
import json
import logging
import zipfile
from pathlib import Path
from types import ModuleType

import pytest

from pipeline.articles.decode import decode
from pipeline.articles.extract import extract_page
from pipeline.articles.hint import Hint


def _scorer(shared_data: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("scorer", shared_data.parent / "tools" / "score_extraction.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.corpus
@pytest.mark.slow
def test_text_of_real_articles(shared_data: Path, caplog: pytest.LogCaptureFixture) -> None:
    """F1 over word shingles of 181 real pages is at least 0.97, and none comes back empty."""
    caplog.set_level(logging.CRITICAL)
    gold = json.loads((shared_data / "extraction" / "articles.json").read_text(encoding="utf-8"))
    with zipfile.ZipFile(shared_data / "extraction" / "articles.zip") as pages:
        found = {
            page: extract_page(decode(pages.read(f"{page}.html")), want["url"], Hint()).text
            for page, want in gold.items()
        }
    score = _scorer(shared_data).articles(found, gold)
    print(score)  # noqa: T201 - the figure is what this test is run for
    assert score["f1"] >= 0.97
    assert score["empty"] == 0
