from collections.abc import Iterator, Mapping
from typing import Generic, Self, TypeVar

LIBXML_VERSION: tuple[int, ...]

_E = TypeVar("_E", bound="Element")

class Element:
    tag: str
    text: str | None
    tail: str | None
    attrib: Mapping[str, str]
    def get(self, key: str, default: str = ...) -> str | None: ...
    def iter(self, *tags: str) -> Iterator[Self]: ...
    def getparent(self) -> Self | None: ...
    def itertext(self) -> Iterator[str]: ...
    def __iter__(self) -> Iterator[Self]: ...
    def __len__(self) -> int: ...
    def __getitem__(self, place: int) -> Self: ...

class HTMLParser:
    def __init__(
        self,
        *,
        encoding: str | None = None,
        remove_comments: bool = ...,
        remove_pis: bool = ...,
        no_network: bool = ...,
        huge_tree: bool = ...,
    ) -> None: ...

class XMLParser:
    def __init__(
        self,
        *,
        encoding: str | None = None,
        recover: bool = ...,
        resolve_entities: bool = ...,
        load_dtd: bool = ...,
        no_network: bool = ...,
        huge_tree: bool = ...,
        remove_comments: bool = ...,
        remove_pis: bool = ...,
    ) -> None: ...

class XMLSyntaxError(SyntaxError): ...

def fromstring(text: bytes | str, parser: HTMLParser | XMLParser | None = None) -> Element | None: ...

class iterwalk(Iterator[tuple[str, _E]], Generic[_E]):
    def __init__(self, root: _E, events: tuple[str, ...] = ...) -> None: ...
    def __iter__(self) -> Iterator[tuple[str, _E]]: ...
    def __next__(self) -> tuple[str, _E]: ...
    def skip_subtree(self) -> None: ...

class XPath:
    def __init__(self, path: str) -> None: ...
    def __call__(self, element: Element) -> list[str]: ...

class ParserError(Exception): ...
