"""What Prometheus is told of a serving process."""
