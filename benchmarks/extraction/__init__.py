"""How long extracting takes beside trafilatura's fast mode: `race` runs both, `ours` and `fast` are what is run."""
