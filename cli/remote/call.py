"""What a command against a server is: one request of its API, told as data.

In: nothing. Out: `Call`. Pure. Trap: what stands in braces in a path is an argument of the command, and `{name}` may
hold whatever a name may hold, so it is quoted.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

PLACE = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Call:
    """One command, and the request it makes."""

    group: str  #: of the command: `stories`; empty for one that stands alone
    name: str  #: `list`
    method: str
    path: str  #: with `{id}` where the command's number goes
    says: str  #: its help
    columns: Sequence[str] = ()  #: of a list that is shown to people; empty for a record
    filters: Sequence[str] = ()  #: options that go into the query
    fields: Sequence[str] = ()  #: the first is the argument, the others options, all go into the body

    arguments: int = 1  #: how many of the fields are arguments
    lists: Sequence[str] = ()  #: options that may be repeated and go into the body as lists
    documents: Sequence[str] = ()  #: options written in JSON
    flags: Sequence[str] = ()  #: options that are there or not, into the body
    switches: Sequence[str] = ()  #: options that are there or not, into the query
    asks: Sequence[str] = ()  #: arguments that go into the query
    file: str = ""  #: an argument that names a file, whose text goes into the body
    rest: str = ""  #: the last arguments, one or more numbers, into the body as a list
    is_text: bool = False  #: the answer is the text of a file
    is_upload: bool = False  #: the file's text is all that is sent

    @property
    def places(self) -> list[str]:
        """Name the arguments that go into the path."""
        return PLACE.findall(self.path)

    @property
    def has_body(self) -> bool:
        """Tell whether it sends JSON, be it empty."""
        named = (*self.fields, *self.lists, *self.documents, *self.flags, self.file, self.rest)
        return any(named) and not self.is_upload
