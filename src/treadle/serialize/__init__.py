"""How functions, values and exceptions travel between processes."""
