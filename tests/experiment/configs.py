"""Configurations for tests."""

import yaml

from pyannote_strf.experiment.config import Config
from tests.conftest import TINY_CONFIG

MODELS = "pyannote.audio.models.segmentation"


def config_of(path, content):
    (path / "config.yml").write_text(
        content if isinstance(content, str) else yaml.safe_dump(content)
    )
    return Config(path)


def changed(**sections):
    content = {**TINY_CONFIG, **sections}
    return {name: section for name, section in content.items() if section is not None}


def build(config, protocol):
    """Build all objects of a configuration, as `train` does before it reads data."""
    config.optimisation()
    config.callbacks()
    config.preprocessors()
    return config.model(config.task(protocol), MODELS)
