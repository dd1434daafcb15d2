"""A school changes its MIS: rehearsed first, then people keep their ids, and apps are told."""
