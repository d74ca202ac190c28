import time

import pytest

from pyannote_strf.yaml_reader import read_yaml


@pytest.fixture
def read(tmp_path):
    def read(text):
        path = tmp_path / "some.yml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return read_yaml(path)

    return read


@pytest.mark.parametrize(
    "text", ["1e3", "1.5e3", "2.5E4", "1.e3", ".5e1", "-1e-3", "+1.0e+3", "0.5"]
)
def test_numbers_follow_yaml_1_2(read, text):
    assert read(f"value: {text}") == {"value": float(text)}


def test_aliases_are_expanded(read):
    assert read("a: &size [1, 2]\nb: *size") == {"a": [1, 2], "b": [1, 2]}


BOMB = "a0: &a0 [x, x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 40)
)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [unclosed", r"line 1: not valid YAML \(expected"),
        ("a: 1\nb:\n  c: 1\n  c: 2", "line 4: 'c' is given twice"),
        ("a: 1\n? [1]\n: 2", "line 2: expected a name"),
        (BOMB, "line 1: aliases make it too large"),
        ("a: &a [*a]", "line 1: an alias of the node that contains it"),
        ("[" * 5000, "line 1: nested too deeply"),
        ("- " * 5000, "nested too deeply"),
        (f"a: {'9' * 5000}", "line 1: not a number, or one of too many digits"),
        (f"a: 0x{'f' * 5000}", "line 1: too large a number"),
        ("a: 1\nb: .nan", "line 2: not a finite number"),
        ("a: -.inf", "line 1: not a finite number"),
        ("a: 1e400", "line 1: not a finite number"),
        ("a: !!python/object/apply:os.getcwd []", "not valid YAML"),
        ("a: 2020-13-45", "not valid YAML"),
        (b"\xff\xfe", "not text in UTF-8"),
    ],
)
def test_invalid_file_raises_a_short_error_within_a_second(read, text, message):
    start = time.process_time()
    with pytest.raises(ValueError, match=message) as error:
        read(text)
    assert time.process_time() - start < 1
    assert "some.yml: " in str(error.value)
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 400
