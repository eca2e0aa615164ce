"""Whether what is in docker/ is well formed and agrees with the program."""
