"""When and where the verbs run; the only room that knows rq, redis and the embedded Valkey.

In: settings and the verbs of `pipeline`. Out: processes that poll, release, fetch and deliver.
Trap: the database owns the work (docs/states.md); whatever stands in Redis may vanish at any instant.
"""
