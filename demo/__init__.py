"""The built-in newsroom: fictional outlets with feeds and pages, served from this machine.

In: the data files beside the code and an instant. Out: what is published then, as feeds and pages over HTTP.
Hides aiohttp's server. Trap: this is an origin to be watched; nothing of the product may import it except the
command that starts it.
"""
