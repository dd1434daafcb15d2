"""One Snapshot per pull: rows in our shape, with issues and rejects beside them."""
