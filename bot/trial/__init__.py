"""A release that is tried on live messages: in shadow, or for a share of the conversations."""
