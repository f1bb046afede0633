"""The command line: reads what was typed, asks the public face, prints what it answers. Judges nothing itself."""
