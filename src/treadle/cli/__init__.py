"""The command line: treadle COMMAND."""
