"""`storywatch run`: every process of the service on this machine, under one supervisor, with a view of the work."""
