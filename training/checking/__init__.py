"""What is wrong with labelled messages, found before it is learned."""
