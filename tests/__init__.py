"""The tests; a package, so that helpers such as tests.origin are imported under one name."""
