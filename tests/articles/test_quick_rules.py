"""The library's rules in quicker words: every element they select, and no other."""

import json
import tracemalloc
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from lxml.etree import XPath
from lxml.html import HtmlElement, document_fromstring
from trafilatura.xpaths import BODY_XPATH, COMMENTS_XPATH, OVERALL_DISCARD_XPATH, PRECISION_DISCARD_XPATH, REGEXP_NS

from pipeline.articles.decode import decode
from pipeline.articles.parse import parse
from pipeline.articles.quick_rules import QuickRule, quick

PAGE = (
    "<html><body><div id='top-Nav' class='page sharing'><p class='cookie'>a</p><p id='cookie' class='x'>b</p>"
    "<p class='x' id='cookies'>c</p><p class='y' id='z'>d</p><section role='Navigation'>e</section></div>"
    "<div data-lp-replacement-content><span class='byline'>f</span><p style='display: none'>g</p></div>"
    "<div class='entry-content'><p>h</p><div class='post-body hidden-xs'>i</div></div><article class='article '>j"
    "</article><main id='main-Content' class='fulltext'>k</main><p class='FullText'>l</p><div class='FULLTEXT'>m</div>"
    "<ul id='share' aria-hidden='true'><li class='social'>n</li></ul><p>o</p><div id=''>p</div><div class=''>q</div>"
    "<div itemprop='articleBody'>r</div><div id='reply-1'>s</div><div class='a reply-' id='reply-2'>t</div>"
    "<div class='c bottom' style='border: 0'>u</div></body></html>"
)
RULES = [*BODY_XPATH, *OVERALL_DISCARD_XPATH, *PRECISION_DISCARD_XPATH, *COMMENTS_XPATH]
USED = [*BODY_XPATH, *OVERALL_DISCARD_XPATH]


def alike(rule: XPath, tree: HtmlElement) -> bool:
    """Tell whether the quick rule selects what the rule selects, or the first of it where it wants that alone."""
    made = quick(rule)
    wanted: list[HtmlElement] = rule(tree)
    is_first = isinstance(made, QuickRule) and made.only_first
    return made(tree) == (wanted[:1] if is_first else wanted)


@pytest.mark.parametrize("number", range(len(RULES)))
def test_a_quick_rule_selects_what_the_library_s_rule_selects(number: int) -> None:
    """Whatever grammar a rule is written in, its elements are the same, in the same order."""
    tree = document_fromstring(PAGE)
    assert alike(RULES[number], tree)
    assert all(alike(RULES[number], subtree) for subtree in tree.iter("div"))


def test_the_rules_that_cost_most_are_read() -> None:
    """The rules that test names by patterns are quick ones: none fell back to XPath."""
    assert all(isinstance(quick(rule), QuickRule) for rule in USED if "re:test" in rule.path)


def test_pages_with_endless_names_are_forgotten() -> None:
    """A site whose every name is long and new does not fill the memory of the child that reads others after it."""
    rule = quick(XPath(".//*[self::p][re:test(@class, 'nav')]", namespaces={"re": REGEXP_NS}))
    tracemalloc.start()
    try:
        for page in range(20):
            rule(document_fromstring(f"<div><p class='{page}{'x' * 100_000}'></p></div>"))
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept < 500_000


@pytest.mark.parametrize(
    "path",
    [
        ".//*[self::div][not(re:test(@id, 'a'))]",
        ".//*[self::div][re:test(@id, 'a') and @class]",
        ".//*[self::div][re:test(@id, 'a*')]",
        ".//*[self::div][re:test(text(), 'a')]",
        "(.//*[self::div][re:test(@id, 'a')])[2]",
        ".//*[self::div][re:test(@id, 'a')]|.//main",
    ],
)
def test_a_rule_in_another_grammar_stays_as_it_is(path: str) -> None:
    """What is not understood for certain is left to libxml2."""
    rule = XPath(path, namespaces={"re": REGEXP_NS})
    assert not isinstance(quick(rule), QuickRule)


@pytest.mark.corpus
def test_real_pages_are_selected_from_alike(shared_data: Path) -> None:
    """On real pages every rule that is used selects the same elements."""
    trees = list(real_pages(shared_data / "extraction"))
    assert trees
    assert [rule.path for rule in USED if not all(alike(rule, tree) for tree in trees)] == []


def real_pages(folder: Path) -> Iterator[HtmlElement]:
    """Parse every twelfth page of a set."""
    names = list(json.loads((folder / "segments.json").read_text(encoding="utf-8")))
    with zipfile.ZipFile(folder / "segments.zip") as pages:
        inside = frozenset(pages.namelist())
        for name in names[::12]:
            tree = parse(decode(pages.read(name if name in inside else f"{name}.html")))
            if tree is not None:
                yield tree
