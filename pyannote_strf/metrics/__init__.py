"""Error rates and score normalisation of verification trials."""
