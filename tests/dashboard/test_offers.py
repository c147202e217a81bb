"""What pages offer to whom: no button that the door would refuse."""

import re
from collections.abc import Callable

import pytest
from fastapi import FastAPI

from dashboard.may import may, needed_of
from pipeline.model import Role
from pipeline.store import users
from tests.dashboard.conftest import NOW
from tests.dashboard.newsroom import Newsroom
from tests.dashboard.serving import serving
from tests.dashboard.test_door import session_of, sign_in
from tests.dashboard.test_users import HASH
from tests.dashboard.walking import Walk, fill

FORM = re.compile(r"<form\b[^>]*>")


@pytest.mark.parametrize("role", list(Role))
def test_no_page_offers_what_the_door_refuses(make_app: Callable[..., FastAPI], newsroom: Newsroom, role: Role) -> None:
    """Every form on every page that a role may open is one that the role may send."""
    fill(newsroom, "The ferry strike goes on")
    with newsroom.database.write() as tx:
        users.add(tx, "somebody", role, HASH, NOW)
    app = make_app()
    with serving(app) as site:
        session = session_of(sign_in(site, name="somebody"))
        walk = Walk(app, site, session)
        assert len(walk.pages) > 15
        refused = {
            (address, action)
            for address in walk.pages
            for form in FORM.findall(site.page(address, cookie=session).body)
            for action in re.findall(r'action="([^"?]+)', form)
            if 'method="post"' in form and not may(role, needed_of("POST", action))
        }
    assert refused == set()
