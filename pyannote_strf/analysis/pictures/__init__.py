"""Pictures of filters, scores and models, drawn with matplotlib."""
