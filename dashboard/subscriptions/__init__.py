"""The pages of subscriptions: the list, one of them, and the editor with its check and its test on the archive."""
