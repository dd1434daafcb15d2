"""The hub's own truth: people, classes, groups, enrolments, MIS links and the change feed."""
