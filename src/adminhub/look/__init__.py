"""The design system all three sites share."""
