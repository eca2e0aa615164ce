"""What is kept of customers: who it belongs to, how it is handed out, how it goes in time."""
