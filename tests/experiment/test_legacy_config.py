"""Conversion of configurations of pyannote.audio 1.1."""

import pytest
import torch

from pyannote_strf.experiment.legacy_config import convert_architecture
from pyannote_strf.models import STRFTDNN, STRFPyanNet
from pyannote_strf.tasks import SpeakerEmbedding, SpeechActivityDetection
from pyannote_strf.tasks.losses import LOSSES
from tests.experiment.configs import MODELS, config_of

# configuration of the tutorial of pyannote.audio 1.1 on speech activity detection, with another
# architecture and a folder of noise
TUTORIAL = """
task:
   name: SpeechActivityDetection
   params:
      duration: 2.0
      batch_size: 64
      per_epoch: 1
data_augmentation:
   name: AddNoise
   params:
      snr_min: 5
      snr_max: 20
      collection: {noise}
feature_extraction:
   name: RawAudio
   params:
      sample_rate: 16000
architecture:
   name: pyannote_strf.models.STRFPyanNet
   params:
      rnn:
         unit: LSTM
         hidden_size: 128
         num_layers: 2
         bidirectional: True
      ff:
         hidden_size: [128, 128]
scheduler:
   name: ConstantScheduler
   params:
      learning_rate: 0.01
"""


def test_configuration_of_the_tutorial_is_converted(tmp_path, corpus, protocol):
    config = config_of(tmp_path, TUTORIAL.format(noise=corpus))
    task = config.task(protocol)
    assert isinstance(task, SpeechActivityDetection)
    assert (task.duration, task.batch_size, task.per_epoch) == (2.0, 64, 1)
    assert task.train__len__() == 24 * 3600 / 2.0

    model = config.model(task, MODELS)
    assert isinstance(model, STRFPyanNet)
    assert (
        model.backend.lstm.hidden_size,
        model.backend.lstm.num_layers,
        model.backend.lstm.bidirectional,
    ) == (
        128,
        2,
        True,
    )
    assert [linear.out_features for linear in model.backend.linear] == [128, 128]

    optimizer = config.optimisation().configure(model)["optimizer"]
    assert isinstance(optimizer, torch.optim.SGD)
    assert {group["lr"] for group in optimizer.param_groups} == {0.01}
    assert {group["momentum"] for group in optimizer.param_groups} == {0.9}

    task.augmentation.train()
    samples = torch.randn(8, 1, 32000)
    noisy = task.augmentation(samples=samples, sample_rate=16000).samples
    snr = 10 * torch.log10(samples.square().mean((1, 2)) / (noisy - samples).square().mean((1, 2)))
    assert (snr > 4.9).all()
    assert (snr < 20.1).all()
    assert snr.std() > 1


# configuration of Coria et al. (2020), with another architecture
CORIA = """\
feature_extraction:
   name: pyannote.audio.features.RawAudio
   params:
      sample_rate: 16000
data_augmentation:
   name: AddNoise
   params:
     snr_min: 10
     snr_max: 20
     collection: {noise}
architecture:
   name: pyannote_strf.models.STRFTDNN
   params:
      sincnet:
         stride: [5, 1, 1]
         waveform_normalize: True
         instance_normalize: True
      tdnn:
         embedding_dim: 512
      embedding:
         batch_normalize: False
         unit_normalize: False
task:
   name: AdditiveAngularMarginLoss
   params:
      margin: 0.05
      s: 10
      duration: 3.0
      per_fold: 128
      per_label: 1
      per_epoch: 5
      label_min_duration: 30
scheduler:
   name: ConstantScheduler
   params:
      learning_rate: 0.01
"""


def test_configuration_of_coria_is_converted(tmp_path, corpus, protocol, caplog):
    config = config_of(tmp_path, CORIA.format(noise=corpus))
    task = config.task(protocol)
    assert isinstance(task, SpeakerEmbedding)
    assert (task.duration, task.batch_size, task.num_chunks_per_class) == (3.0, 128, 1)
    assert (task.per_epoch, task.label_min_duration) == (5, 30)
    loss = LOSSES[task.loss](10, 512, **task.loss_options)
    assert (loss.margin, loss.scale) == (pytest.approx(0.05), 10)

    model = config.model(task, MODELS)
    assert isinstance(model, STRFTDNN)
    assert model.dimension == 512
    assert "`sincnet` of pyannote.audio 1.1 is left out" in caplog.text
    assert isinstance(config.optimisation().configure(model)["optimizer"], torch.optim.SGD)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"tdnn": {"embedding_dim": 512, "x": 1}}, "tdnn: option 'x' does not exist"),
        ({"embedding": {"unit_normalize": True}}, "unit_normalize must be false"),
    ],
)
def test_unsupported_option_raises_an_error(params, message):
    with pytest.raises(ValueError, match=message):
        convert_architecture(params)


def test_current_options_of_sincnet_are_kept():
    assert convert_architecture({"sincnet": {"stride": 5}}) == {"sincnet": {"stride": 5}}


def test_layers_of_different_sizes_raise_an_error():
    with pytest.raises(ValueError, match="same size"):
        convert_architecture({"ff": {"hidden_size": [128, 64]}})
