"""What the log tells of a day, a period, this moment."""
