"""What of a resource an app may see: the includes it may ask for, read from the declarations."""

from collections.abc import Iterable

from adminhub.broker.api.declarations import Resource
from adminhub.broker.api.resources import RESOURCES
from adminhub.broker.api.view import Granted

Tree = dict[str, "Tree"]


def visible_includes(resource: Resource, granted: Granted, *, of_one: bool = False) -> list[str]:
    """The includes available at this endpoint to this app: what "meta.includes" lists."""
    declared = (*resource.includes, *resource.more_of_one) if of_one else resource.includes
    return [path for path in declared if _is_visible(resource, path.split("."), granted)]


def _is_visible(resource: Resource, path: list[str], granted: Granted) -> bool:
    section = resource.section(path[0])
    if section is not None:
        return section.permission in granted
    if resource.holds_none(path[0]):
        return True
    relation = resource.relation(path[0])
    if relation is None or not granted.issuperset(relation.needs):
        return False
    if len(path) == 2 and relation.listed is not None and relation.lists(path[1]):
        return relation.listed.permission in granted
    return len(path) == 1 or _is_visible(RESOURCES[relation.resource], path[1:], granted)


def include_tree(resource: Resource, asked: str, granted: Granted, *, of_one: bool = False) -> Tree:
    """What was asked for and may be given. A nested include brings its parents; an unknown one is ignored."""
    available = set(visible_includes(resource, granted, of_one=of_one))
    tree: Tree = {}
    for path in _paths(asked):
        if path not in available:
            continue
        branch = tree
        for part in path.split("."):
            branch = branch.setdefault(part, {})
    return tree


def _paths(asked: str) -> Iterable[str]:
    for path in asked.split(","):
        parts = [part.strip() for part in path.split(".")]
        yield from (".".join(parts[: length + 1]) for length in range(len(parts)))
