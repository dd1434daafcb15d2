"""The developers' pages: an app, what it asks for, its keys, its webhook, its schools."""
