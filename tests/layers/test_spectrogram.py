import subprocess
import sys

import pytest
import torch

from pyannote_strf import plugins
from pyannote_strf.layers.spectrogram import Spectrogram
from pyannote_strf.layers.spectrograms.base import PowerSpectrogram

KINDS = [
    {"kind": "mel"},
    {"kind": "mel", "trainable_mel": True},
    {"kind": "mel", "trainable_stft": True},
    {"kind": "stft"},
    {"kind": "stft", "trainable_stft": True},
    {"kind": "cqt"},
    {"kind": "cqt", "trainable_stft": True},
    {"kind": "sincgram"},
]
SEVERAL_CHANNELS = [{"kind": "hcqt", "f_min": 400.0}, {"kind": "hstft"}]
LEARNABLE = {"hstft", "sincgram"}
GAIN = [False, True]
TIME = torch.arange(16000) / 16000
DIFFICULT = {
    "silence": torch.zeros(16000),
    "direct current": torch.full((16000,), 0.5),
    "clipping": torch.sign(torch.sin(2 * torch.pi * 300 * TIME)),
    "very quiet": 1e-8 * torch.sin(2 * torch.pi * 300 * TIME),
    "one click": torch.nn.functional.one_hot(torch.tensor(8000), 16000).float(),
}


@pytest.mark.parametrize("trainable", [False, True])
def test_mel_bands_are_between_the_given_frequencies(trainable):
    options = {"f_min": 300.0, "f_max": 3400.0, "n_fft": 4096, "trainable_mel": trainable}
    spectrogram = Spectrogram(normalisation="none", **options)
    time = torch.arange(16000) / 16000
    for frequency, inside in ((100, False), (350, True), (3200, True), (4000, False)):
        sound = torch.sin(2 * torch.pi * frequency * time)[None, None]
        level = spectrogram(sound).amax()
        assert (level > 0) == inside, frequency
    assert spectrogram.centres.min() > 300
    assert spectrogram.centres.max() < 3400


def test_fixed_and_trainable_mel_are_equal():
    waveforms = torch.randn(5, 1, 16000)
    fixed, trainable = Spectrogram(), Spectrogram(trainable_mel=True)
    torch.testing.assert_close(fixed(waveforms), trainable(waveforms), atol=1e-3, rtol=1e-3)
    torch.testing.assert_close(fixed.centres, trainable.centres, atol=0.1, rtol=1e-4)


@pytest.mark.parametrize("options", [*KINDS, *SEVERAL_CHANNELS], ids=str)
@pytest.mark.parametrize("normalisation", ["instance", "band", "mean", "none"])
@pytest.mark.parametrize("difficulty", DIFFICULT)
@pytest.mark.parametrize("gain_control", GAIN)
def test_finite_on_difficult_input(options, normalisation, difficulty, gain_control):
    spectrogram = Spectrogram(**options, normalisation=normalisation, gain_control=gain_control)
    waveform = DIFFICULT[difficulty].clone().reshape(1, 1, -1).requires_grad_()
    image = spectrogram(waveform)
    assert torch.isfinite(image).all()
    image.square().sum().backward()
    assert torch.isfinite(waveform.grad).all()
    for parameter in spectrogram.parameters():
        if parameter.requires_grad:
            assert torch.isfinite(parameter.grad).all()


@pytest.mark.parametrize("options", [*KINDS, *SEVERAL_CHANNELS], ids=str)
def test_trainable_parameters_get_gradients(options):
    spectrogram = Spectrogram(**options)
    learning = [p for p in spectrogram.parameters() if p.requires_grad]
    learns = {"trainable_mel", "trainable_stft"} & set(options) or options["kind"] in LEARNABLE
    assert bool(learning) == bool(learns)
    if learning:
        spectrogram(torch.randn(2, 1, 16000)).square()[..., ::3].sum().backward()
        assert all(parameter.grad.abs().sum() > 0 for parameter in learning)


@pytest.mark.parametrize("normalisation", ["instance", "band", "mean", "none"])
@pytest.mark.parametrize("gain_control", GAIN)
def test_an_example_does_not_depend_on_its_neighbours(normalisation, gain_control):
    spectrogram = Spectrogram(normalisation=normalisation, gain_control=gain_control)
    waveforms = torch.randn(8, 1, 16000) * torch.logspace(-3, 1, 8).reshape(8, 1, 1)
    alone = torch.cat([spectrogram(waveform[None]) for waveform in waveforms])
    torch.testing.assert_close(spectrogram(waveforms), alone, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16], ids=str)
@pytest.mark.parametrize("gain_control", GAIN)
def test_mixed_precision_does_not_change_the_image(dtype, gain_control):
    """In half precision, the power of bands 80 dB below the loudest one would be zero."""
    spectrogram = Spectrogram(gain_control=gain_control)
    waveforms = 0.01 * torch.sin(2 * torch.pi * 300 * TIME).reshape(1, 1, -1)
    with torch.autocast("cpu", dtype=dtype):
        image = spectrogram(waveforms)
    torch.testing.assert_close(image, spectrogram(waveforms))


@pytest.mark.parametrize("options", KINDS[::2], ids=str)
@pytest.mark.parametrize("sample_rate", [8000, 16000, 22050, 44100, 48000])
def test_spectrogram_supports_any_sample_rate(options, sample_rate):
    spectrogram = Spectrogram(sample_rate=sample_rate, **options)
    num_samples = round(1.2345 * sample_rate)
    image = spectrogram(torch.randn(1, 1, num_samples))
    assert image.shape == (1, 1, 64, spectrogram.num_frames(num_samples))
    assert abs(spectrogram.num_frames(num_samples) - 121) <= 1
    # noise reaches every band, and a tone is loudest in the band that is centred on it
    assert (spectrogram.power(torch.randn(1, 2 * sample_rate)) > 0).all()
    for band in (20, 40):
        time = torch.arange(num_samples) / sample_rate
        tone = torch.sin(2 * torch.pi * spectrogram.centres[band] * time)
        loudest = spectrogram(tone[None, None])[0, 0, :, 60].argmax().item()
        assert abs(loudest - band) <= 1


@pytest.mark.parametrize("sample_rate", [16000, 48000])
def test_stft_bands_cover_all_frequencies(sample_rate):
    """The total power of a tone does not depend on its frequency."""
    spectrogram = Spectrogram(sample_rate=sample_rate, kind="stft")
    time = torch.arange(sample_rate) / sample_rate
    low, high = spectrogram.centres[20], spectrogram.centres[21]
    tones = torch.stack(
        [torch.sin(2 * torch.pi * (low + x * (high - low)) * time) for x in (0, 0.25, 0.5, 0.75)]
    )
    power = spectrogram.power(tones).sum(dim=(1, 2)).mean(dim=-1)
    assert (power.max() / power.min()).item() == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize("options", KINDS[::2], ids=str)
def test_frames_are_centred_on_their_receptive_field(options):
    spectrogram = Spectrogram(**options)
    for frame in (20, 61):
        waveform = torch.zeros(1, 1, 16000)
        waveform[..., spectrogram.receptive_field_center(frame)] = 1
        power = 10 ** (Spectrogram(**options, normalisation="none")(waveform)[0, 0, 40:] / 10)
        assert abs(power.sum(0).argmax().item() - frame) <= 1
    assert spectrogram.receptive_field_size(2) - spectrogram.receptive_field_size(1) == 160


def test_normalisation_gives_the_documented_statistics():
    waveforms = torch.randn(1, 1, 16000) * torch.linspace(0.001, 1, 16000)
    image = Spectrogram()(waveforms)
    assert image.mean().item() == pytest.approx(0, abs=1e-4)
    assert image.std().item() == pytest.approx(1, abs=0.05)
    contrasts = Spectrogram(normalisation="mean")(waveforms)[0]
    decibels = Spectrogram(normalisation="none")(waveforms)[0]
    torch.testing.assert_close(contrasts, decibels - decibels.mean())
    bands = Spectrogram(normalisation="band")(waveforms)[0, 0]
    torch.testing.assert_close(bands.mean(-1), torch.zeros(64), atol=1e-4, rtol=0)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"kind": "gammatone"},
            r"unknown name 'gammatone'.*registered \(cqt, hcqt.*, stft",
        ),
        ({"normalisation": "batch"}, "normalisation must be one of"),
        ({"sample_rate": 4000}, "from 8000 to 48000"),
        ({"kind": "cqt", "trainable_mel": True}, "option 'trainable_mel' does not exist"),
        ({"num_bands": 0}, "num_bands must be a positive integer, got 0"),
        ({"num_bands": 512}, "47 of 512 bands are narrower than the bins of n_fft 1024: choose"),
        ({"f_max": 9000.0}, "f_max must be a number from 0 to 8000, got 9000"),
        ({"f_min": -1.0}, "f_min must be a number from 0, got -1"),
        ({"f_min": 300.0, "f_max": 300.0}, "f_min must be below f_max, got 300 and 300"),
        ({"f_min": 5000.0, "f_max": 100.0}, "f_min must be below f_max, got 5000 and 100"),
        ({"n_fft": 256}, "n_fft must be at least the window, 400, got 256"),
    ],
)
def test_invalid_options_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        Spectrogram(**options)


@pytest.mark.parametrize("shape", [(2, 2, 16000), (2, 16000), (16000,)])
def test_waveforms_that_are_not_mono_are_refused(shape):
    with pytest.raises(ValueError, match=r"expected mono waveforms, \(batch, 1, sample\)"):
        Spectrogram()(torch.randn(shape))


def test_waveforms_that_are_too_short_are_refused():
    with pytest.raises(ValueError, match="399 samples are too short: at least 400"):
        Spectrogram()(torch.randn(1, 1, 399))


class LowAndHigh(PowerSpectrogram):
    """Return a kind of spectrogram with two channels, the power of low and high frequencies."""

    num_channels = 2

    def __init__(self, sample_rate, hop_length, window_length, num_bands=4):
        super().__init__()
        self.num_bands = num_bands
        self.hop_length = hop_length
        self.kernel_length = window_length

    def forward(self, waveforms):
        frames = waveforms.unfold(-1, self.kernel_length, self.hop_length)
        power = torch.fft.rfft(frames)[..., 1:].abs().square().transpose(1, 2)
        return power.unflatten(1, (2, self.num_bands, -1)).mean(dim=3)


@pytest.fixture
def low_and_high(monkeypatch):
    monkeypatch.setattr(plugins, "_REGISTERED", {})
    plugins.register("pyannote_strf.spectrograms", "low and high", LowAndHigh)


@pytest.mark.parametrize("normalisation", ["instance", "band", "mean", "none"])
@pytest.mark.parametrize("gain_control", GAIN)
def test_spectrogram_supports_kinds_with_several_channels(
    low_and_high, normalisation, gain_control
):
    options = {"normalisation": normalisation, "gain_control": gain_control}
    spectrogram = Spectrogram(kind="low and high", num_bands=5, **options)
    assert (spectrogram.num_channels, spectrogram.num_bands) == (2, 5)
    assert spectrogram.centres is None
    waveforms = torch.randn(2, 1, 16000) * torch.linspace(0.001, 1, 16000)
    image = spectrogram(waveforms)
    assert image.shape == (2, 2, 5, spectrogram.num_frames(16000))
    alone = torch.cat([spectrogram(waveform[None]) for waveform in waveforms])
    torch.testing.assert_close(image, alone, atol=1e-4, rtol=1e-4)
    if not gain_control:
        centred = waveforms[:, 0] - waveforms[:, 0].mean(dim=-1, keepdim=True)
        expected = 10 * torch.log10(spectrogram.power(centred))
        if normalisation == "band":
            variance, mean = torch.var_mean(expected, dim=-1, keepdim=True, correction=0)
            expected = (expected - mean) / (variance + 1).sqrt()
        elif normalisation != "none":
            expected = expected - expected.mean(dim=(1, 2, 3), keepdim=True)
        if normalisation == "instance":
            # channels keep their levels relative to each other
            variance = expected.square().mean(dim=(1, 2, 3), keepdim=True)
            expected = expected / (variance + 1).sqrt()
        torch.testing.assert_close(image, expected, atol=1e-4, rtol=1e-4)


def test_gain_control_uses_the_mean_power_of_all_channels(low_and_high):
    options = {"gain_control": True, "normalisation": "none"}
    spectrogram = Spectrogram(kind="low and high", num_bands=5, **options)
    waveforms = torch.randn(2, 1, 16000)
    centred = waveforms[:, 0] - waveforms[:, 0].mean(dim=-1, keepdim=True)
    expected = spectrogram.gain_control(spectrogram.power(centred).reshape(2, 10, -1))
    torch.testing.assert_close(spectrogram(waveforms).reshape(2, 10, -1), expected)


@pytest.mark.parametrize(
    ("options", "imported"), [({}, False), ({"trainable_mel": True}, True), ({"kind": "cqt"}, True)]
)
def test_nnaudio_is_imported_only_by_kinds_that_use_it(options, imported):
    script = (
        "import sys\n"
        "from pyannote_strf.layers.spectrogram import Spectrogram\n"
        f"Spectrogram(**{options})\n"
        "print('nnAudio' in sys.modules)"
    )
    output = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert output.stdout.split() == [str(imported)]
