"""How a school's exports come by themselves: by HTTPS drop, from a watched folder, by SFTP or from an MIS's API."""
