"""The sync wizard: Teachers, Registration groups, Subject classes, Pupils, Finished."""
