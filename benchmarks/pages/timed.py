"""What going over all pages took."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Timed:
    """Time by the clock, and of the processor in all processes of the one who is measured."""

    page_count: int
    text_count: int  #: pages of which a text was had
    seconds: float
    cpu_seconds: float

    @property
    def rate(self) -> float:
        """Pages a second."""
        return self.page_count / self.seconds

    @property
    def milliseconds(self) -> float:
        """Processor time a page."""
        return 1000 * self.cpu_seconds / self.page_count
