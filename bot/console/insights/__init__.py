"""What customers say: figures of a period, and alerts of the sentiment watch."""
