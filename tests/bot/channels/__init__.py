"""The channels, each against a real peer."""
