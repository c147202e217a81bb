"""The faults, by what they break: processes, the queue, the database, the world outside."""

from benchmarks.faults.fault import Fault
from benchmarks.faults.plays.clock import CLOCK
from benchmarks.faults.plays.failing_over import FAILING_OVER
from benchmarks.faults.plays.outside import OUTSIDE
from benchmarks.faults.plays.processes import PROCESSES
from benchmarks.faults.plays.queue import QUEUE
from benchmarks.faults.plays.store import STORE

FAULTS: tuple[Fault, ...] = (*PROCESSES, *QUEUE, *STORE, *FAILING_OVER, *CLOCK, *OUTSIDE)
