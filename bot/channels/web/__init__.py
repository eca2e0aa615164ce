"""The web channel: chat page, widget, socket and REST."""
