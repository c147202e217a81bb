"""What surrounds a page, and the forms on it.

In: requests. Out: the `Frame` that every template asks for, and the fields of a form that may change something.
Hides where the form's token comes from. Trap: where a password is set, a form counts only with the token of its
own session, since browsers do not say where a form came from over plain http.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from fastapi import Request
from starlette.exceptions import HTTPException

from dashboard.door import SESSION_COOKIE, Keys, cookie, visit_of, visitor_of
from dashboard.login import FIELD_LIMIT, FORM_BYTES, read_form
from dashboard.may import Visitor


@dataclass(frozen=True, slots=True)
class Frame:
    """Which page it is, and what the top and the forms offer."""

    current: str
    form_token: str  #: for every form; empty if nobody signed in
    visitor: Visitor  #: who looks, and what he may: `frame.visitor.may("operate")`


class Framing:
    """Makes frames, and reads the forms inside them."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys

    def of(self, request: Request, current: str) -> Frame:
        """Make the frame of the page `current`."""
        token = cookie(request.headers, SESSION_COOKIE)
        form_token = self._keys.tokens.make(token) if visit_of(request).has_login else ""
        return Frame(current, form_token, visitor_of(request))

    async def read_change(
        self, request: Request, *, most_bytes: int = FORM_BYTES, most_fields: int = FIELD_LIMIT
    ) -> Mapping[str, str]:
        """Read a form that changes something; answers 403 unless it stood on a page of this session."""
        form = await read_form(request, most_bytes=most_bytes, most_fields=most_fields)
        self.check_change(request, form)
        return form

    def check_change(self, request: Request, form: Mapping[str, str]) -> None:
        """Answer 403 to a form that was read already, unless it stood on a page of this session."""
        token = cookie(request.headers, SESSION_COOKIE)
        if visit_of(request).has_login and not self._keys.tokens.fits(form.get("token", ""), token):
            raise HTTPException(403)
