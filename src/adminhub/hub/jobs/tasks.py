"""Lets procrastinate find every task: it looks for `tasks`, and the tasks stand beside it, one module a room."""

from importlib import import_module
from pkgutil import iter_modules

from adminhub.hub import jobs

for found in iter_modules(jobs.__path__):
    if found.name not in ("apps", "tasks"):
        import_module(f"{jobs.__name__}.{found.name}")
