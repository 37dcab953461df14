"""Files: parsers that return operations, or say what is wrong and where."""
