"""The template of `tag`, and the recipes in its comments."""

import pytest
import torch
from pyannote.audio.core.task import Problem

from pyannote_strf.applications.base import get_application
from pyannote_strf.experiment.config import Config
from tests.tasks.clips import SEVERAL, SINGLE, clip_protocol

pytestmark = pytest.mark.usefixtures("same_registry_afterwards")

SECTIONS = ("task", "feature_extraction", "architecture", "optimizer", "scheduler", "callbacks")


def configurations():
    """Return the template as it is written, and each recipe without its comment signs."""
    template = get_application("tag").template
    general, *recipes = template.split("\n## 1.")[0], *template.split("\n## ")[2:]
    recipes = [part for part in recipes if "\n# task:" in part]
    return {
        "general": general,
        **{
            f"recipe {part.partition('.')[0]}": "".join(
                f"{line.removeprefix('#').removeprefix(' ')}\n"
                for line in part.splitlines()
                if line.startswith("#") and not line.startswith("##")
            )
            for part in recipes
        },
    }


def test_recipes_have_all_sections_and_short_lines():
    found = configurations()
    assert list(found) == ["general", "recipe 1", "recipe 2", "recipe 3"]
    for content in found.values():
        lines = content.splitlines()
        assert all(f"{section}:" in lines for section in SECTIONS)
    assert all(len(line) <= 100 for line in get_application("tag").template.splitlines())


@pytest.mark.parametrize("kind", ["general", "recipe 1", "recipe 2", "recipe 3"])
@pytest.mark.parametrize("subsets", [SINGLE, SEVERAL], ids=["single", "several"])
def test_each_recipe_builds_a_task_and_a_model_for_clips(tmp_path, kind, subsets):
    content = configurations()[kind]
    (tmp_path / "config.yml").write_text(content)
    config = Config(tmp_path)
    application = get_application("tag")
    protocol = clip_protocol(tmp_path, subsets)
    task = config.task(protocol, num_workers=0)
    model = config.model(task, application.architectures)
    optimiser = config.optimisation().configure(model)["optimizer"]
    assert isinstance(optimiser, torch.optim.Adam)
    task.prepare_data()
    task.setup()
    model.setup()
    single = task.specifications.problem == Problem.MONO_LABEL_CLASSIFICATION
    assert application.serves(task.specifications)
    assert single == (subsets is SINGLE)
    # a call of 60 ms, padded
    size = round(task.duration * config.sample_rate)
    short = torch.randn(2, 1, size)
    model.eval()
    with torch.inference_mode():
        scores = model(short, torch.tensor([size, round(0.06 * config.sample_rate)]))
    assert scores.shape == (2, 3)
    assert scores.isfinite().all()


def test_the_recipe_for_urban_sound_has_the_published_sizes(tmp_path):
    (tmp_path / "config.yml").write_text(configurations()["recipe 1"])
    config = Config(tmp_path)
    task = config.task(clip_protocol(tmp_path, SINGLE), num_workers=0)
    model = config.model(task, get_application("tag").architectures)
    image = model.frontend.spectrogram
    assert (config.sample_rate, image.window_length, image.num_bands) == (44100, 2822, 64)
    assert image.power.kernel_length == 2822
    assert image.hop_length == pytest.approx(1103, abs=1)
    # 200 frames of ESC-50, less those that would extend beyond the clip
    assert 196 <= image.num_frames(5 * 44100) <= 200
    assert round(task.spec_augment["frames"] * 200) == 24
    assert round(task.spec_augment["bands"] * 64) == 8
    assert (task.batch_size, task.mixup) == (64, 1.0)
