"""The queue's page with 200,000 failures, in a browser."""
