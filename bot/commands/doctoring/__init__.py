"""What `kefu doctor` looks at: a module for each part of a desk, a function for each check."""
