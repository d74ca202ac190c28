from pyannote_strf.messages import describe


def test_descriptions_hide_names_of_exceptions():
    assert describe(MemoryError("8 TiB")).startswith("not enough memory")
    assert describe(ZeroDivisionError("division by zero")) == (
        "a number is out of range (division by zero)"
    )
    assert len(describe(OSError("x" * 1000))) < 500
