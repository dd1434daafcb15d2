"""A school's own pages: its apps, its data source, its administrators."""
