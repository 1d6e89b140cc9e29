"""Where results live outside the process that made them: shared memory and files."""
