"""The hub as identity provider: who somebody is, and at which schools, told to the service they open."""
