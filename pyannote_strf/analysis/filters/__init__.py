"""Numbers that describe spectro-temporal filters."""

# frequency around which octaves are counted, in hertz
REFERENCE_FREQUENCY = 1000.0
