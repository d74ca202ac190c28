"""Protocols and their files: listing, reading, checking and counting."""
