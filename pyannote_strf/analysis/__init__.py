"""Numbers and pictures of what filters have learned."""
