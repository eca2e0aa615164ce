"""Whether a release may go live: measured against the one that serves on messages neither learned from."""
