"""The OpenAPI 3.1 description of the API, made from the declarations that serve it."""

from functools import cache
from typing import Any

from msgspec.json import schema_components

from adminhub.broker.api.declarations import Field, Filter, Has, Nothing, Relation, Resource, Section, Write
from adminhub.broker.api.paging import MOST_PER_PAGE, PER_PAGE
from adminhub.broker.api.resources import RESOURCES
from adminhub.broker.api.schools import INCLUDES

Schema = dict[str, Any]

DATE: Schema = {"anyOf": [{"$ref": "#/components/schemas/Date"}, {"type": "null"}]}
TEXT: Schema = {"type": ["string", "null"]}
_KINDS: dict[str, Schema] = {
    "text": TEXT,
    "flag": {"type": ["boolean", "null"]},
    "number": {"type": ["number", "null"]},
    "day": DATE,
    "moment": DATE,
    "time": {"type": ["string", "null"], "examples": ["09:00:00"]},
    "id": {"type": ["string", "null"], "pattern": r"^[A-Z]\d{6,11}$"},
    "image": {"type": ["string", "null"], "contentEncoding": "base64"},
}
_SCHOOL_LISTS = {
    "approved": "Schools that have approved the app, the same as /schools",
    "pending": "Schools that have not decided yet",
    "audited": "Schools whose connection is checked and live",
    "offline": "Approved schools whose MIS does not answer",
    "declined": "Schools that have declined",
    "revoked": "Schools whose access has ended",
}
_REFUSALS = {
    "401": "The token is missing, unknown, has run out or was revoked",
    "403": "The school or its permission does not allow this",
    "404": "There is no such school or record",
    "429": "Too many calls; wait as long as Retry-After says",
}


@cache
def document(base: str) -> Schema:
    """The whole description, for the API at this address."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "School Data API",
            "version": "1.0",
            "summary": "A school's people, classes and records, as far as it has allowed the app.",
            "description": "A value the app has no permission for is null; an include it has no permission for is "
            "absent. Follow meta.pagination.next as it is.",
        },
        "servers": [{"url": f"{base}/v1.0"}],
        "security": [{"bearer": []}, {"basic": []}],
        "paths": {
            **_school_paths(),
            **{path: item for resource in _listed() for path, item in _resource_paths(resource).items()},
        },
        "components": {
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "basic": {"type": "http", "scheme": "basic", "description": "The token as the user name"},
            },
            "responses": {code: _refusal(code, says) for code, says in _REFUSALS.items()}
            | {
                "422": {
                    "description": "A value cannot be used; each is named with what is wrong",
                    "content": _json({"$ref": "#/components/schemas/Mistakes"}),
                }
            },
            "schemas": {
                **_SHARED,
                **{_schema_name(resource): _record(resource) for resource in RESOURCES.values()},
                **_bodies(),
            },
        },
    }


def _listed() -> list[Resource]:
    return [resource for resource in RESOURCES.values() if resource.is_listed]


def _schema_name(resource: Resource) -> str:
    return "".join(part.capitalize() for part in resource.name.replace("/", "-").split("-"))


def _ref(resource: Resource) -> Schema:
    return {"$ref": f"#/components/schemas/{_schema_name(resource)}"}


# --- Records


def _record(resource: Resource) -> Schema:
    properties: dict[str, Schema] = {field.name: _field(field) for field in resource.fields}
    for section in resource.sections:
        properties[section.name] = _data(_section(section))
    for relation in resource.relations:
        nested = _relation(relation)
        known = properties.get(relation.name)
        properties[relation.name] = {"anyOf": [known, nested]} if known else nested
    for nothing in resource.nothing:
        properties[nothing.name] = {**_data(_nothing(nothing)), "description": nothing.why}
    required = [field.name for field in resource.fields]
    for parameter, more in resource.on_request.items():
        for field in more:
            schema = _field(field)
            said = " ".join(filter(None, (f"With {parameter}.", schema.get("description"))))
            properties[field.name] = {**schema, "description": said}
    return {"type": "object", "required": required, "properties": properties}


def _nothing(nothing: Nothing) -> Schema:
    return {"type": "null"} if nothing.is_one else {"type": "array", "maxItems": 0}


def _field(field: Field) -> Schema:
    schema = dict(_object(field) if field.kind == "object" else _KINDS.get(field.kind, {}))
    if not field.is_kept:
        schema = {"description": "Always null here: the school's MIS data does not hold it."}
    elif field.permission:
        schema = {**schema, "description": f"Needs {field.permission}."}
    return schema


def _object(field: Field) -> Schema:
    if not field.objects:
        return _texts(field.keys)
    return {"type": "object", "properties": {name: _texts(keys) for name, keys in field.objects}}


def _texts(keys: tuple[str, ...]) -> Schema:
    return {"type": "object", "properties": dict.fromkeys(keys, TEXT)}


def _section(section: Section) -> Schema:
    return {
        "type": "object",
        "description": f"Needs {section.permission}.",
        "required": [field.name for field in section.fields],
        "properties": {field.name: _field(field) for field in section.fields},
    }


def _relation(relation: Relation) -> Schema:
    child: Schema = _ref(RESOURCES[relation.resource])
    if relation.beside is not None:
        beside: Schema = {"anyOf": [_section(relation.beside), {"type": "null"}]}
        child = {"allOf": [child, {"type": "object", "properties": {relation.beside.name: beside}}]}
    if relation.listed is not None:
        row = {"type": "array", "items": _section(relation.listed)}
        child = {"allOf": [child, {"type": "object", "properties": {relation.listed.name: _data(row)}}]}
    needs = f"Needs {', '.join(relation.needs)}."
    is_many = not isinstance(relation.through, str) and not relation.is_one
    nested: Schema = {"type": "array", "items": child} if is_many else {"anyOf": [child, {"type": "null"}]}
    return {**_data(nested), "description": needs}


def _data(inner: Schema) -> Schema:
    return {"type": "object", "required": ["data"], "properties": {"data": inner}}


# --- Calls


def _resource_paths(resource: Resource) -> dict[str, Schema]:
    address = f"/schools/{{school_id}}/{resource.name}"
    plain = resource.name.replace("/", " ").replace("-", " ")
    record = _ref(resource)
    return {
        address: {
            "parameters": [_SCHOOL],
            "get": _operation(
                f"list_{_word(resource)}",
                f"The school's {plain}, page by page",
                resource.name,
                [
                    _include(resource.includes),
                    *_PAGES,
                    *_CHANGED,
                    *_filters(resource),
                    *_on_request(resource),
                ],
                _envelope({"type": "array", "items": record}, is_list=True),
                f"Needs {resource.permission}.",
            ),
            **_writing(resource, "post", resource.creates),
        },
        f"{address}/{{id}}": {
            "parameters": [_SCHOOL, _ID],
            "get": _operation(
                f"get_{_word(resource)}",
                f"One record of {plain}",
                resource.name,
                [_include((*resource.includes, *resource.more_of_one)), *_on_request(resource)],
                _envelope(record),
                f"Needs {resource.permission}.",
            ),
            **_writing(resource, "put", resource.replaces),
            **_writing(resource, "delete", resource.removes),
        },
    }


def _writing(resource: Resource, method: str, write: Write | None) -> dict[str, Schema]:
    """The operation of a call that writes, where the resource has one."""
    if write is None:
        return {}
    operation = _operation(
        f"{method}_{_word(resource)}",
        write.summary,
        resource.name,
        [_KEY],
        {"$ref": "#/components/schemas/Written"},
        f"Needs {resource.permission} and {write.permission}. All of it is written, or nothing.",
    )
    if write.body is not None:
        body = {"$ref": f"#/components/schemas/{write.body.__name__}"}
        operation["requestBody"] = {"required": True, "content": _json(body)}
    return {method: operation}


def _bodies() -> dict[str, Schema]:
    """The shapes of what may be sent, and the shapes in them."""
    writes = (write for resource in _listed() for write in (resource.creates, resource.replaces))
    shapes = {write.body for write in writes if write is not None and write.body is not None}
    _, bodies = schema_components(
        sorted(shapes, key=lambda shape: shape.__name__), ref_template="#/components/schemas/{name}"
    )
    return bodies


def _word(resource: Resource) -> str:
    return resource.name.replace("/", "_").replace("-", "_")


def _operation(
    name: str, summary: str, tag: str, parameters: list[Schema], answer: Schema, description: str = ""
) -> Schema:
    refused = {code: {"$ref": f"#/components/responses/{code}"} for code in [*_REFUSALS, "422"]}
    return {
        "operationId": name,
        "summary": summary,
        **({"description": description} if description else {}),
        "tags": [tag],
        "parameters": parameters,
        "responses": {"200": {"description": "As asked", "content": _json(answer)}, **refused},
    }


def _envelope(data: Schema, *, is_list: bool = False) -> Schema:
    meta = "ListMeta" if is_list else "Meta"
    return {
        "type": "object",
        "required": ["data", "meta"],
        "properties": {"data": data, "meta": {"$ref": f"#/components/schemas/{meta}"}},
    }


def _filters(resource: Resource) -> list[Schema]:
    return [
        _query(name, {"type": "string"}, " ".join(filter(None, (_needed(declared), declared.says))))
        for name, declared in resource.filters.items()
    ] + [
        _query(name, {"type": "string"}, "Narrows what is included, not the list.")
        for name in resource.inside
    ]


def _needed(declared: Filter | Has) -> str:
    return f"Needs {', '.join(declared.needs)}." if declared.needs else ""


def _on_request(resource: Resource) -> list[Schema]:
    return [
        _query(name, {"type": "string"}, f"true for {', '.join(field.name for field in more)}")
        for name, more in resource.on_request.items()
    ]


def _include(paths: tuple[str, ...]) -> Schema:
    listed = ", ".join(paths)
    says = f"Comma list of {listed}. Others are ignored." if paths else "Nothing can be included."
    return _query("include", {"type": "string"}, says)


def _query(name: str, schema: Schema, description: str = "") -> Schema:
    said = {"description": description} if description else {}
    return {"name": name, "in": "query", "schema": schema, **said}


def _path(name: str, pattern: str) -> Schema:
    schema = {"type": "string", "pattern": pattern}
    return {"name": name, "in": "path", "required": True, "schema": schema}


def _json(schema: Schema) -> Schema:
    return {"application/json": {"schema": schema}}


def _refusal(code: str, says: str) -> Schema:
    headers = {"Retry-After": {"schema": {"type": "string"}}} if code == "429" else {}
    content = _json({"$ref": "#/components/schemas/Refusal"})
    return {"description": says, "content": content, **({"headers": headers} if headers else {})}


_SCHOOL = _path("school_id", r"^[A-Za-z][0-9]{6,11}$")
_ID = _path("id", r"^[A-Za-z]?[0-9]{1,15}$")
_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "schema": {"type": "string", "maxLength": 100},
    "description": "Ours: the same call with the same key is carried out once.",
}
_CHANGED = [
    _query(
        "updated_after", {"type": "string"}, "2026-09-01 or 2026-09-01 13:45:00, UTC; that moment included"
    ),
    _query("updated_before", {"type": "string"}, "The same, the other way"),
]
_PAGES = [
    _query("page", {"type": "integer", "minimum": 1}),
    _query("per_page", {"type": "integer", "minimum": 1, "maximum": MOST_PER_PAGE, "default": PER_PAGE}),
    _query("cursor", {"type": "string"}, "true for pages by cursor; after that, as “next” has it"),
    _query("after", {"type": "string"}, "As “next” has it"),
]


def _school_paths() -> dict[str, Schema]:
    """Calls about schools and connections, and those that span resources."""
    school: Schema = {"$ref": "#/components/schemas/School"}
    schools = _envelope({"type": "array", "items": school}, is_list=True)
    anything: Schema = {"type": "object"}

    def get(
        name: str, summary: str, parameters: list[Schema], answer: Schema, tag: str = "schools"
    ) -> Schema:
        return {"get": _operation(name, summary, tag, parameters, answer)}

    of_school = {"parameters": [_SCHOOL]}
    answered = {
        "type": "object",
        "required": ["success", "state", "message"],
        "properties": {"success": {"type": "boolean"}, "state": TEXT, "message": TEXT},
    }
    include = _include(tuple(INCLUDES))
    search = [_query(name, {"type": "string"}) for name in _SEARCHED]
    lists = {
        f"/schools/{which}": get(f"list_{which}_schools", says, [include, *_PAGES, *_CHANGED], schools)
        for which, says in _SCHOOL_LISTS.items()
    }
    ask = _operation("request_access", "Ask the school for access", "schools", [], answered)
    ask["requestBody"] = {"content": _json({"$ref": "#/components/schemas/AccessRequest"})}
    end = _operation("revoke_access", "End the app's access", "schools", [], answered)
    confirm = _operation(
        "confirm_deletion",
        "Confirm that what was held of the school has been deleted",
        "schools",
        [],
        {"type": "object", "required": ["success", "confirmed_at", "seal"]},
        "Signed in X-App-Signature with the app's webhook secret, as our webhooks are.",
    )
    word = {
        "type": "object",
        "required": ["name", "statement"],
        "properties": {"name": TEXT, "statement": TEXT},
    }
    confirm["requestBody"] = {"required": True, "content": _json(word)}
    deletions = _envelope({"type": "array", "items": {"$ref": "#/components/schemas/Deletion"}}, is_list=True)
    kinds = ",".join(resource.name for resource in _listed())
    counts: Schema = {"type": "object", "additionalProperties": _data({"type": "object"})}
    return {
        "/schools": get(
            "list_schools", "Schools that have approved the app", [include, *_PAGES, *_CHANGED], schools
        ),
        "/schools/all": get(
            "search_schools", "Every school", [include, *search, *_PAGES, *_CHANGED], schools
        ),
        **lists,
        "/schools/{school_id}": of_school | get("get_school", "One school", [include], _envelope(school)),
        "/schools/{school_id}/request-access": of_school | {"post": ask},
        "/schools/{school_id}/revoke-access": of_school | {"delete": end},
        "/schools/{school_id}/confirm-deletion": of_school | {"post": confirm},
        "/meta/schools/{school_id}": of_school
        | get("get_state", "How the connection stands", [], _envelope(anything), "meta"),
        "/meta/schools/{school_id}/permissions": of_school
        | get(
            "list_permissions",
            "What was asked of the school and what it allows",
            [],
            {"type": "object", "required": ["data", "meta"]},
            "meta",
        ),
        "/meta/schools/{school_id}/acl": of_school
        | get(
            "get_acl",
            "Whom the school shares",
            [_query("with_user_type", {"type": "string"})],
            _envelope(anything),
            "meta",
        ),
        "/schools/{school_id}/deletions": of_school
        | get(
            "list_deletions",
            "Who and what is served no more",
            [_query("type", {"type": "string"}), *_PAGES, *_CHANGED],
            deletions,
            "deletions",
        ),
        "/attendance-codes": get(
            "list_standard_attendance_codes",
            "The national attendance codes",
            [*_PAGES],
            _envelope(
                {"type": "array", "items": {"$ref": "#/components/schemas/StandardCode"}}, is_list=True
            ),
            "writebacks",
        ),
        "/writebacks": get(
            "list_writebacks",
            "What the app has written",
            [*(_query(name, {"type": "string"}) for name in ("status", "type")), *_PAGES, *_CHANGED],
            _envelope({"type": "array", "items": {"$ref": "#/components/schemas/Writeback"}}, is_list=True),
            "writebacks",
        ),
        "/writebacks/{id}": {"parameters": [_ID]}
        | get(
            "get_writeback",
            "What became of a write-back",
            [],
            _envelope({"$ref": "#/components/schemas/Writeback"}),
            "writebacks",
        ),
        "/schools/{school_id}/counts": of_school
        | get(
            "get_counts",
            "How many there are",
            [_query("include", {"type": "string"}, f"Comma list of {kinds}")],
            _envelope(counts, is_list=True),
            "counts",
        ),
    }


_SEARCHED = ("name", "postcode", "urn", "la_code", "establishment_number")
_SHARED: dict[str, Schema] = {
    "Date": {
        "type": "object",
        "required": ["date", "timezone_type", "timezone"],
        "properties": {
            "date": {"type": "string", "examples": ["2026-09-01 08:30:00.000000"]},
            "timezone_type": {"const": 3},
            "timezone": {"type": "string", "examples": ["UTC", "Europe/London"]},
        },
        "additionalProperties": False,
    },
    "Pagination": {
        "type": "object",
        "required": ["next", "previous", "more", "per_page", "current_page"],
        "properties": {
            "next": {"type": ["string", "null"]},
            "previous": {"type": ["string", "null"]},
            "more": {"type": "boolean"},
            "per_page": {"type": "integer"},
            "current_page": {"type": "integer"},
        },
        "additionalProperties": False,
    },
    "Meta": {
        "type": "object",
        "required": ["includes"],
        "properties": {"includes": {"type": "array", "items": {"type": "string"}}},
        "additionalProperties": False,
    },
    "ListMeta": {
        "type": "object",
        "required": ["includes", "pagination"],
        "properties": {
            "includes": {"type": "array", "items": {"type": "string"}},
            "pagination": {"$ref": "#/components/schemas/Pagination"},
        },
        "additionalProperties": False,
    },
    "Refusal": {
        "type": "object",
        "required": ["error", "error_description"],
        "properties": {"error": {"type": "string"}, "error_description": {"type": "string"}},
        "additionalProperties": False,
    },
    "Mistakes": {
        "type": "object",
        "required": ["message", "errors"],
        "properties": {
            "message": {"type": "string"},
            "errors": {
                "type": "object",
                "additionalProperties": {"type": "array", "items": {"type": "string"}},
            },
        },
        "additionalProperties": False,
    },
    "School": {
        "type": "object",
        "required": ["id", "name", "establishment_number", "urn", "phase_of_education", "la_code", "address"],
        "properties": {
            "id": _KINDS["id"],
            "name": {"type": "string"},
            "establishment_number": TEXT,
            "urn": {"type": ["integer", "null"]},
            "phase_of_education": TEXT,
            "la_code": TEXT,
            "timezone": {"type": "string"},
            "mis": TEXT,
            "address": {"type": "object"},
            "extended": {"type": "object"},
            "region": {"type": "object"},
            "cbds": _data({"type": "object"}),
            "match": {"type": "object", "description": "Ours: of a search by name, how well the school fits"},
        },
    },
    "AccessRequest": {
        "type": ["object", "array"],
        "description": "May be left out, empty, or name people to contact at the school.",
        "properties": {
            "contacts": {"type": "array", "items": {"type": "object"}},
            "reminder": {"type": "boolean"},
        },
    },
    "Written": {
        "type": "object",
        "required": ["success", "writeback_id"],
        "properties": {
            "success": {"const": True},
            "writeback_id": _KINDS["id"],
            "id": {**_KINDS["id"], "description": "The record, where it is one"},
        },
        "additionalProperties": False,
    },
    "Writeback": {
        "type": "object",
        "required": ["id", "writeback_id", "school_id", "type", "status", "records"],
        "properties": {
            "id": _KINDS["id"],
            "writeback_id": _KINDS["id"],
            "school_id": _KINDS["id"],
            "type": {"type": "string"},
            "status": {"enum": ["completed", "reversed"]},
            "records": {"type": "integer"},
            "record_id": _KINDS["id"],
            "created_at": DATE,
            "updated_at": DATE,
        },
        "additionalProperties": False,
    },
    "StandardCode": {
        "type": "object",
        "required": ["id", "code", "description", "type"],
        "properties": {"id": _KINDS["id"], "code": TEXT, "description": TEXT, "type": TEXT},
        "additionalProperties": False,
    },
    "Deletion": {
        "type": "object",
        "required": ["type", "id", "mis_id", "deleted_at", "restored_at"],
        "properties": {
            "type": {"type": "string"},
            "id": _KINDS["id"],
            "mis_id": {"type": "string"},
            "deleted_at": DATE,
            "restored_at": DATE,
        },
        "additionalProperties": False,
    },
}
