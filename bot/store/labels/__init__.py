"""What people say of what messages mean, and what is learned from it."""
