"""Reads history and tells what it means. Judges nothing again: what is told is what was written down when it happened."""
