"""The design system all three sites share: tokens, components, base templates, icons and page-level scripts."""
