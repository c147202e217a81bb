"""What a backup says of itself.

In: JSON. Out: `Manifest`. Pure. Trap: it is read from a file that anybody may have made, so every field is checked
before it is believed.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime

from pipeline.errors import Unusable

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Manifest:
    """How a backup was made and what it holds."""

    format: int  #: of the file itself
    version: str  #: of the program that made it
    revision: str  #: of the schema
    database: str  #: `sqlite` or `postgresql`, from which it was made
    taken_at: datetime
    counts: Mapping[str, int]  #: rows by table
    has_words: bool  #: False: the index of words is to be made anew from the texts
    sha256: str  #: of the database inside
    byte_count: int  #: likewise


def written(manifest: Manifest) -> str:
    """Write a manifest as JSON."""
    return json.dumps(asdict(manifest) | {"taken_at": manifest.taken_at.isoformat()}, indent=2)


def read(text: bytes) -> Manifest:
    """Read a manifest; raises Unusable for one that is none, or of a later kind."""
    try:
        found = json.loads(text)
        number = int(found["format"])
    except (ValueError, KeyError, TypeError) as error:
        raise Unusable(f"the backup's manifest cannot be read: {error}") from error
    if number > FORMAT:
        raise Unusable(f"the backup has format {number}, this version reads up to {FORMAT}: install a newer version")
    try:
        return Manifest(
            format=number,
            version=str(found["version"]),
            revision=str(found["revision"]),
            database=str(found["database"]),
            taken_at=datetime.fromisoformat(found["taken_at"]),
            counts={str(name): int(count) for name, count in found["counts"].items()},
            has_words=bool(found["has_words"]),
            sha256=str(found["sha256"]),
            byte_count=int(found["byte_count"]),
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Unusable(f"the backup's manifest is not complete: {error!r}") from error
