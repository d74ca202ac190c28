"""Corpora as they are distributed: annotation formats, folders, and what may be wrong with them."""
