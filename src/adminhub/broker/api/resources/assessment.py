"""Assessment: aspects, templates, result sets, mark sheets and results (wonde-api §2.4)."""

from adminhub.broker.api.declarations import Field, Relation, Resource, Through
from adminhub.broker.api.resources.attendance import CHANGES, OF_PUPIL, STUDENT, STUDENT_INCLUDE
from adminhub.broker.api.resources.parts import the_one
from adminhub.broker.records.models import Aspect, MarkSheet, Result, ResultSet, Template, TemplateAspect

ASPECTS = Resource(
    name="assessment/aspects",
    model=Aspect,
    permission="assessment.read",
    fields=(
        Field("id", "id"),
        Field("mis_id"),
        Field("name"),
        Field("description"),
        Field("type"),
        Field("min_value"),
        Field("max_value"),
        *CHANGES,
    ),
    nested_order=("name", "id"),
)

RESULT_SETS = Resource(
    name="assessment/resultsets",
    model=ResultSet,
    permission="assessment.read",
    fields=(
        Field("id", "id"),
        Field("mis_id"),
        Field("name"),
        Field("external_id"),
        Field("locked", "flag"),
        Field("module"),
        Field("source"),
        Field("supplier"),
        Field("start_date", "day"),
        Field("end_date", "day"),
        *CHANGES,
    ),
    nested_order=("name", "id"),
)

TEMPLATES = Resource(
    name="assessment/templates",
    model=Template,
    permission="assessment.read",
    fields=(Field("id", "id"), Field("mis_id"), Field("name"), Field("description"), *CHANGES),
    relations=(
        Relation(
            "aspects",
            "assessment/aspects",
            ("assessment.read",),
            Through(TemplateAspect, "template_id", "aspect_id"),
        ),
    ),
    includes=("aspects",),
    nested_order=("name", "id"),
)

MARK_SHEETS = Resource(
    name="assessment/marksheets",
    model=MarkSheet,
    permission="assessment.read",
    fields=(
        Field("id", "id"),
        Field("mis_id"),
        Field("name"),
        Field("template", "id", column="template_id"),
        Field("group", "id", column="group_id"),
        Field("resultset", "id", column="resultset_id"),
        *CHANGES,
    ),
    relations=(
        Relation("template", "assessment/templates", ("assessment.read",), "template_id"),
        Relation("group", "groups", ("groups.read",), "group_id"),
        Relation("resultset", "assessment/resultsets", ("assessment.read",), "resultset_id"),
    ),
    includes=("group", "resultset", "template", "template.aspects"),
)

RESULTS = Resource(
    name="assessment/results",
    model=Result,
    permission="assessment.results.read",
    fields=(
        Field("id", "id"),
        Field("mis_id"),
        STUDENT,
        Field("aspect", "id", column="aspect_id"),
        Field("resultset", "id", column="resultset_id"),
        Field("result"),
        Field("grade_value", "number"),
        Field("collection_date", "day"),
        Field("result_date", "day"),
        *CHANGES,
    ),
    relations=(
        STUDENT_INCLUDE,
        Relation("aspect", "assessment/aspects", ("assessment.read",), "aspect_id"),
        Relation("resultset", "assessment/resultsets", ("assessment.read",), "resultset_id"),
    ),
    includes=("aspect", "resultset", "student"),
    filters={
        "student": the_one("pupil_id"),
        "aspect_id": the_one("aspect_id"),
        "resultset_id": the_one("resultset_id"),
    },
    about=OF_PUPIL,
)

RESOURCES = (ASPECTS, RESULT_SETS, TEMPLATES, MARK_SHEETS, RESULTS)
