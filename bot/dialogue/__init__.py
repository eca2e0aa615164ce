"""What a customer's words lead to: read, decided, answered."""
