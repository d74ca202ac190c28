import pytest

from pyannote_strf.constructors import check_options


class WithoutHints:
    def __init__(self, first, second=3):
        pass


class PassesOn(WithoutHints):
    def __init__(self, own: int = 1, **others):
        pass


def test_parameters_without_hints_accept_any_value():
    check_options(WithoutHints, {"first": object(), "second": "text"})
    check_options(PassesOn, {"second": "text"})
    with pytest.raises(ValueError, match="own must be an integer"):
        check_options(PassesOn, {"own": "text"})


def test_missing_option_without_default_raises_an_error():
    with pytest.raises(ValueError, match="option 'first' is missing"):
        check_options(WithoutHints, {})
    check_options(WithoutHints, {}, num_given=1)
