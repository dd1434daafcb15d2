"""Site 2: the consent broker, from a school's MIS export to the School Data API."""
