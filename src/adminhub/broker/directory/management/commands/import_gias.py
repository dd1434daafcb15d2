"""`./hub manage broker import_gias edubasealldata….csv --links links_….csv --groups alllinksdata….csv`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from adminhub.broker.directory.errors import NotPossible
from adminhub.broker.directory.gias import UnreadableRegister
from adminhub.broker.directory.importing import import_register


class Command(BaseCommand):
    help = "Bring the directory of schools up to date with files of GIAS (get-information-schools.service.gov.uk)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("establishments", type=Path, help="edubasealldata….csv")
        parser.add_argument("--links", type=Path, help="links_edubasealldata….csv: who followed whom")
        parser.add_argument("--groups", type=Path, help="alllinksdata….csv: who belongs to which trust")
        parser.add_argument("--agreed", action="store_true", help="the file may hold far fewer schools")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            done = import_register(
                establishments=options["establishments"],
                links=options["links"],
                groups=options["groups"],
                is_agreed=options["agreed"],
            )
        except (UnreadableRegister, NotPossible, OSError) as problem:
            raise CommandError(str(problem)) from None
        self.stdout.write(
            f"{done.read:,} schools read: {done.added:,} added, {done.changed:,} changed, {done.closed:,} closed. "
            f"{done.not_in_file:,} known schools are not in the file and stay as they are. "
            f"{done.links:,} links between schools, {done.in_trusts:,} schools in trusts."
        )
        if done.lines_left_out:
            shown = ", ".join(str(line) for line in done.lines_left_out[:20])
            self.stdout.write(
                f"{len(done.lines_left_out):,} lines without URN or name were left out: {shown}"
            )
