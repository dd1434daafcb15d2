"""People and classes collected while files are read, so that nobody overwrites anybody."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from adminhub.mis.record import Notes
from adminhub.mis.roster import (
    ClassKind,
    Contact,
    Employee,
    Enrolment,
    Issue,
    PersonKind,
    Pupil,
    Reject,
    Removal,
    Roster,
    School,
    SchoolClass,
)

ClassKey = tuple[ClassKind, str]


@dataclass(slots=True)
class Gathered:
    """One format's finds on their way to a roster."""

    notes: Notes
    pupils: dict[str, Pupil] = field(default_factory=dict)
    employees: dict[str, Employee] = field(default_factory=dict)
    contacts: dict[str, Contact] = field(default_factory=dict)
    schools: dict[str, School] = field(default_factory=dict)
    classes: dict[ClassKey, SchoolClass] = field(default_factory=dict)
    class_pupils: defaultdict[ClassKey, dict[str, None]] = field(default_factory=lambda: defaultdict(dict))
    class_employees: defaultdict[ClassKey, dict[str, None]] = field(default_factory=lambda: defaultdict(dict))
    removals: list[Removal] = field(default_factory=list)
    enrolments: list[Enrolment] = field(default_factory=list)
    tables: dict[str, str] = field(default_factory=dict)
    strangers: defaultdict[str, list[Reject]] = field(default_factory=lambda: defaultdict(list))

    def add_class(self, group: SchoolClass) -> None:
        """Remember the class unless one of the same key is known."""
        self.classes.setdefault((group.kind, group.mis_id), group)

    def named_class(self, kind: ClassKind, name: str) -> None:
        """Remember a class that is known by its name alone."""
        if (kind, name) not in self.classes:
            self.classes[kind, name] = SchoolClass(mis_id=name, name=name, kind=kind)

    def put_in_registration_groups(self) -> None:
        """Give pupils whose record names no registration group the name of the one they are a member of."""
        for key, group in self.classes.items():
            if group.kind != "registration":
                continue
            for mis_id in self.class_pupils.get(key, ()):
                if self.pupils[mis_id].registration_group is None:
                    self.pupils[mis_id] = replace(self.pupils[mis_id], registration_group=group.name)

    def roster(
        self,
        format: str,
        *,
        holds_pupil: frozenset[str],
        holds_employee: frozenset[str],
        is_delta: bool = False,
        registration_counts_as_membership: bool = False,
        personal_ids: frozenset[PersonKind] = frozenset(),
    ) -> Roster:
        """Everything gathered as one frozen value, with the remarks that need the whole."""
        classes = tuple(
            replace(
                group,
                pupils=tuple(self.class_pupils.get(key, ())),
                employees=tuple(self.class_employees.get(key, ())),
            )
            for key, group in self.classes.items()
        )
        if not is_delta:
            self._remark_on_empty_classes(classes)
        self._reject_strangers()
        self._remark_on_shared_upns()
        self._remark_on_shared_emails()
        return Roster(
            format=format,
            as_at=self.notes.as_at,
            schools=tuple(self.schools.values()),
            pupils=tuple(self.pupils.values()),
            employees=tuple(self.employees.values()),
            classes=classes,
            contacts=tuple(self.contacts.values()),
            issues=tuple(self.notes.issues),
            rejects=tuple(self.notes.rejects),
            removals=tuple(self.removals),
            enrolments=tuple(self.enrolments),
            is_delta=is_delta,
            holds_pupil=holds_pupil,
            holds_employee=holds_employee,
            registration_counts_as_membership=registration_counts_as_membership,
            personal_ids=personal_ids,
            tables=self.tables,
        )

    def _remark_on_empty_classes(self, classes: tuple[SchoolClass, ...]) -> None:
        if not any(group.pupils for group in classes):
            return
        for group in classes:
            if not group.pupils:
                self.notes.issues.append(
                    Issue(f"class {group.mis_id}", None, "The class has no pupils.", group.mis_id)
                )

    def _reject_strangers(self) -> None:
        """Say who is named and not listed. Where as many rows were not taken for another's id, it is they who are."""
        rejects, clashes = self.notes.rejects, self.notes.clashes
        if not self.strangers or len(self.strangers) > len(clashes):
            rejects.extend(reject for found in self.strangers.values() for reject in found)
            return
        ids = ", ".join(stranger[:40] for stranger in self.strangers)
        for place in clashes:
            said = rejects[place]
            rejects[place] = replace(
                said, reason=f"{said.reason} Its own may be {ids}: classes name that id, and no row has it."
            )

    def _remark_on_shared_upns(self) -> None:
        tally = Counter(pupil.upn for pupil in self.pupils.values() if pupil.upn)
        for pupil in self.pupils.values():
            if pupil.upn and tally[pupil.upn] > 1:
                self.notes.issues.append(
                    Issue(
                        f"pupil {pupil.mis_id}",
                        "upn",
                        f"{tally[pupil.upn]} pupils have this UPN; correct it in the MIS.",
                        pupil.mis_id,
                    )
                )

    def _remark_on_shared_emails(self) -> None:
        tally = Counter(person.email.lower() for person in self.employees.values() if person.email)
        for person in self.employees.values():
            if person.email and tally[person.email.lower()] > 1:
                self.notes.issues.append(
                    Issue(
                        f"employee {person.mis_id}",
                        "email",
                        f"{tally[person.email.lower()]} people have this e-mail; each needs their own to log in.",
                        person.mis_id,
                    )
                )


@dataclass(slots=True)
class Once:
    """Which rows were seen under an id, so that the same id twice is noticed.

    `shows_ids` is False where the id is a UPN or a teacher number, which no message may hold.
    """

    notes: Notes
    file: str
    noun: str
    shows_ids: bool = True
    unit: str = "line"
    seen: dict[str, tuple[int, int]] = field(default_factory=dict)

    def is_new(self, mis_id: str, *, line: int, cells: Mapping[str, str]) -> bool:
        """Whether this id has not come before. A word-for-word copy is remarked on; a different row is rejected."""
        row = hash(tuple(cells.items()))  # the whole rows of a large school would fill the memory
        before = self.seen.get(mis_id)
        if before is None:
            self.seen[mis_id] = (line, row)
            return True
        first_line, first_row = before
        named = f"{self.noun} {mis_id}" if self.shows_ids else f"the {self.noun}"
        if first_row == row:
            self.notes.issues.append(
                Issue(
                    named if self.shows_ids else f"{self.file} {self.unit} {line}",
                    None,
                    f"The row is there twice in {self.file} "
                    f"({self.unit} {first_line} and {self.unit} {line}); read once.",
                    mis_id,
                )
            )
        else:
            self.notes.issues.append(
                Issue(
                    f"{self.file} {self.unit} {first_line}",
                    None,
                    f"{named}: another row has the same id, on {self.unit} {line}; only this first one was read.",
                    mis_id,
                )
            )
            self.notes.clashes.append(len(self.notes.rejects))
            self.notes.rejects.append(
                Reject(
                    f"{self.file} {self.unit} {line}",
                    f"{named} is already on {self.unit} {first_line}; two records cannot share an id.",
                )
            )
        return False
