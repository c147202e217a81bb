"""What the dispatcher would do at a size that no machine here can carry: reckoned, seeded, over in a few minutes."""
