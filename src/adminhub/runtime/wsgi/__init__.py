"""WSGI entry points, one module per site; a server's worker process dies with its server."""

import signal

from adminhub.runtime import processes

# granian's worker is a process of its own, which a killed server would leave behind.
processes.die_with_parent(signal.SIGKILL)
