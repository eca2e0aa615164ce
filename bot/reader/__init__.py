"""What reads messages: in threads of this process, or in a process of its own beside it."""
