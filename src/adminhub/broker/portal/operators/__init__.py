"""The operators' pages: schools to set up, audits, the directory."""
