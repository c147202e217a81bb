"""What the seed page's test publishes beside the page itself: reports in words of our own, and a copy of its text.

In: the seed page's text. Out: HTML pages. Pure. Trap: the report must share no sentence with the seed page, or it
would be found as a copy.
"""

from benchmarks.replay.edition import framed

REPORT_TITLE = "Moscow says the last Ukrainian soldiers have left Kursk; Kyiv says they have not"
_REPORT = """\
Russia's top general told President Vladimir Putin over a video link at the weekend that not one Ukrainian unit was
left in the Kursk region, the border province that Kyiv's army had entered without warning last summer.
Valery Gerasimov also said aloud what Moscow had kept silent about for half a year: soldiers from North Korea took
part in the fighting there, and took part with success, he told the Kremlin's chief.
In Kyiv the General Staff called the announcement propaganda. Its troops, it wrote, hold several positions in Kursk and
in neighbouring Belgorod, even if nobody there denies that most of the ground taken in August, the town of Sudzha among
it, has been lost since.
For Volodymyr Zelenskyy the strip of Russian land was meant to be something to trade at a negotiating table. He met
Donald Trump for a few minutes in Rome, on the margins of the funeral of Pope Francis; the American envoy Steve Witkoff
had been with Putin the day before.
Pyongyang has sent more than ten thousand men as well as howitzers and rocket launchers, by the count of Ukrainian
intelligence. Gerasimov thanked the North Korean troops, and so did the Russian foreign ministry.
"""

OTHER_TITLE = "Market hall reopens after three years under scaffolding"
_OTHER = """\
The old market hall by the canal opened its gates again on Saturday, three years after a storm took half of its roof.
Forty stalls were let, six more than before, and the council has put in a cellar where fishmongers may keep their ice.
The bill of nine million came out twice as high as planned, mostly because the cast iron columns had to be recast one
by one at a foundry two hundred kilometres away. Shoppers queued along the quay for smoked eel and new bread.
"""


def report_page() -> bytes:
    """Give a second outlet's report of the event, in its own words."""
    return framed(REPORT_TITLE, _REPORT, "harbour-courier").encode()


def other_page() -> bytes:
    """Give a page about something else."""
    return framed(OTHER_TITLE, _OTHER, "harbour-courier").encode()


def copy_page(title: str, text: str) -> bytes:
    """Give the seed page's article at an outlet that took it over, under the same headline."""
    return framed(title, text, "valley-news").encode()


def article_of(seed: str) -> tuple[str, str]:
    """Take headline and article out of the seed page's text, without counter, teasers and comment box."""
    parts = [part.strip() for part in seed.split("\n\n") if part.strip()]
    end = next(number for number, part in enumerate(parts) if part.startswith("Visited "))
    return parts[0], "\n".join(parts[1:end])
