"""Applications, which implement the commands of one kind of task each."""
