import pytest

from pyannote_strf.corpora.ami import AMIRecipe
from pyannote_strf.corpora.chime5 import CHiME5Recipe
from pyannote_strf.corpora.recipe import Recipe, WholeLoader


@pytest.mark.parametrize("text", ["", "# nothing", "{}"])
def test_empty_recipe_has_default_options(tmp_path, text):
    path = tmp_path / "recipe.ami"
    path.write_text(text)
    assert AMIRecipe.read(path) == AMIRecipe(vocal_sounds=False, gap=0.0)


def test_integers_are_accepted_as_numbers(tmp_path):
    path = tmp_path / "recipe.ami"
    path.write_text("gap: 1\nvocal_sounds: true")
    assert AMIRecipe.read(path) == AMIRecipe(vocal_sounds=True, gap=1.0)


@pytest.mark.parametrize(
    ("kind", "text", "message"),
    [
        (
            AMIRecipe,
            "vocalsounds: true",
            "vocalsounds is unknown .valid options: vocal_sounds, gap",
        ),
        (AMIRecipe, "gap: short", "gap: input should be a valid number, got 'short'"),
        (AMIRecipe, "gap: '1'", "gap: input should be a valid number, got '1'"),
        (AMIRecipe, "gap: true", "gap: input should be a valid number, got True"),
        (AMIRecipe, "gap: -1", "gap: input should be greater than or equal to 0, got -1"),
        (AMIRecipe, "gap: .nan", "line 1: not a finite number"),
        (AMIRecipe, "vocal_sounds: 1", "vocal_sounds: input should be a valid boolean, got 1"),
        (AMIRecipe, "[1", "not valid YAML"),
        (
            AMIRecipe,
            "just text",
            "expected a mapping, got 'just text' .valid options: vocal_sounds",
        ),
        (AMIRecipe, "[]", "expected a mapping, got .. .valid options: vocal_sounds"),
        (AMIRecipe, "1: 2", "1: keys should be strings, got 1 .valid options: vocal_sounds, gap"),
        (CHiME5Recipe, "device: 1", "device: input should be a valid string, got 1"),
        (
            CHiME5Recipe,
            "returns: speech",
            "returns: input should be 'annotation' or 'annotated', got 'speech' "
            ".valid options: device, gap, returns",
        ),
        (Recipe, "gap: 0", "gap is unknown .valid options: none"),
    ],
)
def test_error_names_the_invalid_option_on_one_line(tmp_path, kind, text, message):
    path = tmp_path / "some.recipe"
    path.write_text(text)
    with pytest.raises(ValueError, match=message) as error:
        kind.read(path)
    assert str(error.value).startswith(f"{path}: ")
    assert "\n" not in str(error.value)


def test_error_names_a_file_that_is_not_text(tmp_path):
    path = tmp_path / "all.whole"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(ValueError, match=r"all\.whole: not text in UTF-8"):
        WholeLoader(path)
