"""A dead receiver must not hold up the others (checklist R33).

In: which channel a delivery goes to, and whether the last one there worked. Out: whether it may go now. Pure but
for its counts. Trap: these are the slots of one process; with several delivery workers a channel gets as many.
"""

from collections import Counter


class ChannelSlots:
    """A working channel may use three quarters of the jobs in flight, a failing one a single job."""

    def __init__(self, concurrency: int) -> None:
        self._most = max(1, concurrency * 3 // 4)
        self._busy: Counter[str] = Counter()
        self._failing: set[str] = set()

    def take(self, channel: str) -> bool:
        """Take a slot; False if the channel has none left. Free each slot that was taken."""
        most = 1 if channel in self._failing else self._most
        if self._busy[channel] >= most:
            return False
        self._busy[channel] += 1
        return True

    def free(self, channel: str, *, works: bool) -> None:
        """Give a slot back; `works` says that the receiver answered, even if it refused."""
        self._busy[channel] -= 1
        if not self._busy[channel]:
            del self._busy[channel]
        if works:
            self._failing.discard(channel)
        else:
            self._failing.add(channel)
