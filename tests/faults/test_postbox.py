"""A mail server that misbehaves: what the product makes of each way, and what the postbox saw of it."""

from pathlib import Path
from typing import Any

import pytest

from benchmarks.faults.postbox import MailMode, Postbox, opened
from pipeline.alerts.channels import MailTarget, deliver
from pipeline.errors import Failure, Permanent, Transient
from tests.alerts.samples import delivery


class NoPoster:
    """Mail needs no poster."""

    async def post(self, *_arguments: object, **_named: object) -> Any:
        raise AssertionError("mail is not posted")


async def send(box: Postbox, folder: Path) -> str:
    target = MailTarget(("desk@example.org",), "watch@example.org", "127.0.0.1", box.port, "none", timeout_seconds=1)
    return await deliver(delivery(), target, NoPoster(), folder)


@pytest.mark.parametrize(
    ("mode", "kind", "came_whole"),
    [
        (MailMode.LATER, Transient, True),
        (MailMode.GREY, Transient, False),
        (MailMode.CUT, Transient, False),
        (MailMode.CUT_AFTER, Transient, True),
        (MailMode.HANGING, Transient, True),
        (MailMode.REFUSED, Permanent, True),
    ],
)
async def test_what_was_not_taken_is_sent_again_under_its_name(
    mode: MailMode, kind: type[Failure], *, came_whole: bool, tmp_path: Path
) -> None:
    """R5, R32: whatever may pass is tried again as the same mail; only what is refused for good is not."""
    async with opened() as box:
        box.mode = mode
        with pytest.raises(kind):
            await send(box, tmp_path)
        assert (len(box.read), box.taken) == (int(came_whole), [])
        box.mode = MailMode.SOUND
        await send(box, tmp_path)
        assert len(box.taken) == 1
        assert set(box.read) == set(box.taken)
