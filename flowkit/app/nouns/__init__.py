"""Nouns that the faces perform: their shapes are read and checked here, and nothing is carried out."""
