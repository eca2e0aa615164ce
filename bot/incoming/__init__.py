"""What customers send beside words, and how much of it: commands, buttons, pictures, floods, order."""
