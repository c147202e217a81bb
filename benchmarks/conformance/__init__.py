"""What four other parsers' test suites say of titles, links, ids and dates, and whether it holds here."""
