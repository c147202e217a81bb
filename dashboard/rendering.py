"""Templates to responses.

In: a template's name and what it shows. Out: an HTML response. Hides Jinja2.
Trap: autoescape is on for every template whatever its name, and an undefined name is an error, not a blank.
"""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse

from dashboard import words
from pipeline.masking import masked_text

HERE = Path(__file__).parent


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        ago=words.ago,
        until=words.until,
        clock=words.clock,
        number=words.number,
        compact=words.compact,
        spoken=words.spoken,
        span=words.span,
        seconds=words.seconds,
        safe_link=words.safe_link,
        shown_address=words.shown_address,
        iso=datetime.isoformat,
        capitalize_first=words.capitalized,
        masked=masked_text,
    )
    environment.globals.update(counted=words.counted, marked=words.marked)
    return environment


ENVIRONMENT = _environment()


def render(
    name: str, shown: Mapping[str, object], *, status: int = 200, headers: dict[str, str] | None = None
) -> HTMLResponse:
    """Fill template `name` with what it shows."""
    return HTMLResponse(ENVIRONMENT.get_template(name).render(shown), status_code=status, headers=headers)
