"""What is worth a person's minute: single messages, and those that mean the same together."""
