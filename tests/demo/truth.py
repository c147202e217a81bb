"""Which stories of the written events each demo subscription must alert for: the yardstick of end-to-end tests."""

EXPECTED_ALERTS: dict[str, set[str]] = {
    "Harbour fire": {"varnhaven-fire.en"},
    "Zelensky, however it is spelt": {"zelensky-visit.en"},
    "Interest rates": {"bank-of-halmere-rate.en"},
    "Ferries, but no strikes": {"storm-ottilie.en"},
    "Accidents on the rails": {"kestrel-derailment.en"},
    "Deiche und Sturmfluten": {"deich-hollerland.de", "storm-ottilie.de"},
    "Ледоколы": {"icebreaker-severyanka.ru"},
    "معارض الكتاب": {"nour-book-fair.ar"},
    "Teaser word (must stay silent)": set(),
}
