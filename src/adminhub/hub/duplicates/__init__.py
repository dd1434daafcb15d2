"""People the hub knows twice: found, looked at by a person, and made one."""
