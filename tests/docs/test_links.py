"""Links in the documents lead somewhere."""

import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.docs.reading import ROOT, documents, links

HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*$", re.MULTILINE)


def anchors(text: str) -> set[str]:
    """Give the names under which GitHub offers a page's headings."""
    kept = [re.sub(r"[^\w\- ]", "", heading.lower()) for heading in HEADING.findall(text)]
    return {heading.replace(" ", "-") for heading in kept}


@pytest.mark.parametrize("document", documents(), ids=lambda path: str(path.relative_to(ROOT)))
def test_relative_links_lead_to_files_and_headings(document: Path) -> None:
    """A reader who follows a link finds the file, and the heading if one is named."""
    for target in links(document.read_text(encoding="utf-8")):
        parts = urlsplit(target)
        if parts.scheme:
            continue
        file = (document.parent / parts.path).resolve() if parts.path else document
        assert file.is_relative_to(ROOT), f"{target} leaves the repository"
        assert file.exists(), f"{target} leads nowhere"
        if parts.fragment:
            assert parts.fragment in anchors(file.read_text(encoding="utf-8")), f"{target}: no such heading"


def test_the_index_of_decisions_names_each_of_them() -> None:
    """No decision is lost among the files."""
    folder = ROOT / "docs" / "decisions"
    named = {target for target in links((folder / "README.md").read_text(encoding="utf-8")) if "/" not in target}
    assert named == {file.name for file in folder.glob("[0-9]*.md")}
