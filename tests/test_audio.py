import importlib
import io
import re
import subprocess
import sys

import numpy as np
import pytest
import soundfile
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pyannote.audio.core import io as upstream
from pyannote.audio.core.io import Audio as UpstreamAudio
from pyannote.core import Segment, Timeline

from pyannote_strf.audio import TOLERANCE, Audio, duration_of, find_damage, seekable
from pyannote_strf.database.extents import check_extents
from tests.conftest import WITHOUT_FFMPEG

SAMPLE_RATE = 16000
FORMATS = ["wav", "flac", "ogg", "mp3"]


def tone(duration=3.0, num_channels=1, sample_rate=SAMPLE_RATE):
    time = np.arange(round(duration * sample_rate)) / sample_rate
    channels = [0.3 * np.sin(2 * np.pi * 220 * (c + 1) * time) for c in range(num_channels)]
    return np.stack(channels, axis=1).astype("float32")


@pytest.mark.parametrize("suffix", FORMATS)
def test_supported_formats_are_read(tmp_path, suffix):
    path = tmp_path / f"tone.{suffix}"
    soundfile.write(path, tone(), SAMPLE_RATE)
    waveform, sample_rate = Audio()(path)
    assert (waveform.shape[0], sample_rate) == (1, SAMPLE_RATE)
    assert Audio().get_duration(path) == pytest.approx(3.0, abs=0.1)
    # lossy coders keep a tone, up to their delay
    assert waveform[0, 8000:40000].std().item() == pytest.approx(0.3 / np.sqrt(2), rel=0.02)


@pytest.mark.parametrize("suffix", FORMATS)
@settings(deadline=None, max_examples=30)
@given(start=st.floats(0, 2.5), duration=st.floats(0.01, 0.5))
def test_crop_equals_part_of_the_complete_file(tmp_path_factory, suffix, start, duration):
    path = tmp_path_factory.getbasetemp() / f"shared.{suffix}"
    if not path.exists():
        # an MP3 of a chirp has a variable bit rate, in which libsndfile seeks inexactly
        time = np.arange(48000) / SAMPLE_RATE
        soundfile.write(path, 0.3 * np.sin(2 * np.pi * (220 + 20 * time) * time), SAMPLE_RATE)
    whole, _ = Audio()(path)
    part, _ = Audio().crop(path, Segment(start, start + duration))
    first = round(start * SAMPLE_RATE)
    assert part.shape[1] == round(Segment(start, start + duration).duration * SAMPLE_RATE)
    torch.testing.assert_close(part, whole[:, first : first + part.shape[1]])


@settings(deadline=None, max_examples=50)
@given(start=st.floats(0, 2.4), duration=st.floats(0.01, 0.5), rate=st.sampled_from([8000, 11025]))
def test_crops_of_equal_duration_have_equal_length(tmp_path_factory, start, duration, rate):
    path = tmp_path_factory.getbasetemp() / f"slow{rate}.wav"
    if not path.exists():
        soundfile.write(path, tone(sample_rate=rate), rate)
    chunk = Segment(start, start + duration)
    waveform, _ = Audio(sample_rate=SAMPLE_RATE).crop(path, chunk)
    assert waveform.shape[1] == round(chunk.duration * SAMPLE_RATE)


def test_channels_are_mixed_and_resampled(tmp_path):
    path = tmp_path / "stereo.wav"
    samples = tone(num_channels=2, sample_rate=44100)
    soundfile.write(path, samples, 44100, subtype="FLOAT")
    waveform, sample_rate = Audio()(path)
    assert (waveform.shape, sample_rate) == ((2, 3 * 44100), 44100)
    mono, _ = Audio(mono="downmix")(path)
    torch.testing.assert_close(mono[0], torch.from_numpy(samples.mean(axis=1)))
    second, _ = Audio()({"audio": path, "channel": 1})
    torch.testing.assert_close(second[0], torch.from_numpy(samples[:, 1]))
    resampled, sample_rate = Audio(sample_rate=SAMPLE_RATE, mono="downmix")(path)
    assert (resampled.shape, sample_rate) == ((1, 3 * SAMPLE_RATE), SAMPLE_RATE)
    expected = tone(num_channels=2)[4000:-4000].mean(axis=1)
    torch.testing.assert_close(
        resampled[0, 4000:-4000], torch.from_numpy(expected), atol=2e-3, rtol=0
    )


@pytest.mark.parametrize("rate", [11127, 22255, 24414, 44056])
def test_rates_without_a_common_divisor_are_resampled(tmp_path, rate):
    path = tmp_path / "tone.wav"
    times = np.arange(2 * rate) / rate
    soundfile.write(path, 0.5 * np.sin(2 * np.pi * 1000 * times), rate, subtype="FLOAT")
    waveform, sample_rate = Audio(sample_rate=SAMPLE_RATE)(path)
    assert (waveform.shape, sample_rate) == ((1, 2 * SAMPLE_RATE), SAMPLE_RATE)
    assert waveform.dtype == torch.float32
    expected = 0.5 * np.sin(2 * np.pi * 1000 * np.arange(2 * SAMPLE_RATE) / SAMPLE_RATE)
    np.testing.assert_allclose(waveform[0, 400:-400], expected[400:-400], atol=2e-3)
    chunk, _ = Audio(sample_rate=SAMPLE_RATE).crop(path, Segment(1.0, 1.5))
    np.testing.assert_allclose(chunk[0, 400:-400], expected[16400:23600], atol=2e-3)


def test_a_flac_of_unknown_length_is_refused(tmp_path):
    path = tmp_path / "streamed.flac"
    soundfile.write(path, tone(1.0), SAMPLE_RATE)
    content = bytearray(path.read_bytes())
    # the number of samples has 36 bits, in the block after 8 bytes
    content[21] &= 0xF0
    content[22:26] = bytes(4)
    path.write_bytes(content)
    for read in (Audio(), Audio().get_duration, duration_of):
        with pytest.raises(ValueError, match=r"streamed.flac: audio does not say in its header"):
            read(path)


def test_a_region_that_check_accepts_can_be_read(tmp_path):
    path = tmp_path / "tone.wav"
    soundfile.write(path, tone(1.0), SAMPLE_RATE, subtype="FLOAT")
    region = Segment(0.4, 1.0 + TOLERANCE)
    assert not list(check_extents(None, Timeline([region]), duration_of(path)))
    waveform, _ = Audio().crop(path, region)
    assert waveform.shape == (1, 9760)
    assert (waveform[:, 9600:] == 0).all()
    with pytest.raises(ValueError, match="exceeds the file"):
        Audio().crop(path, Segment(0.4, 1.0 + 2 * TOLERANCE))


def test_a_chunk_without_samples_is_empty_at_any_rate(tmp_path):
    path = tmp_path / "tone.wav"
    soundfile.write(path, tone(1.0, sample_rate=44100), 44100)
    waveform, _ = Audio(sample_rate=SAMPLE_RATE).crop(path, Segment(0.5, 0.50001))
    assert waveform.shape == (1, 0)


def test_half_precision_waveforms_are_read():
    file = {"waveform": torch.full((1, 160000), 0.9, dtype=torch.float16), "sample_rate": 16000}
    assert torch.equal(Audio()(file)[0], file["waveform"])


def test_chunk_beyond_the_file_is_padded(tmp_path):
    path = tmp_path / "tone.wav"
    soundfile.write(path, tone(1.0), SAMPLE_RATE, subtype="FLOAT")
    whole, _ = Audio()(path)
    padded, _ = Audio().crop(path, Segment(-0.5, 1.5), mode="pad")
    assert padded.shape == (1, 32000)
    assert (padded[:, :8000] == 0).all()
    assert (padded[:, 24000:] == 0).all()
    torch.testing.assert_close(padded[:, 8000:24000], whole)
    beyond, _ = Audio().crop(path, Segment(2.0, 3.0), mode="pad")
    assert beyond.shape == (1, 16000)
    assert (beyond == 0).all()


def test_stream_is_read_repeatedly(tmp_path):
    stream = io.BytesIO()
    soundfile.write(stream, tone(), SAMPLE_RATE, format="WAV")
    stream.seek(0)
    first, _ = Audio()(stream)
    again, _ = Audio()(stream)
    torch.testing.assert_close(first, again)


def test_waveform_in_memory_is_read():
    waveform = torch.randn(1, 32000)
    file = {"waveform": waveform, "sample_rate": SAMPLE_RATE}
    torch.testing.assert_close(Audio()(file)[0], waveform)
    assert Audio().get_duration(file) == 2.0
    crop, _ = Audio().crop(file, Segment(0.5, 1.0))
    torch.testing.assert_close(crop, waveform[:, 8000:16000])
    # upstream raises an error at the end of a waveform
    torch.testing.assert_close(Audio().crop(file, Segment(0.0, 2.0))[0], waveform)
    with pytest.raises(ValueError, match="waveform: chunk from 1"):
        Audio().crop(file, Segment(1.0, 2.5))
    padded, _ = Audio().crop(file, Segment(1.0, 2.5), mode="pad")
    assert padded.shape == (1, 24000)
    assert (padded[:, 16000:] == 0).all()


@pytest.mark.parametrize(
    "change", [torch.Tensor.requires_grad_, torch.Tensor.bfloat16], ids=["gradient", "bfloat16"]
)
def test_waveform_with_gradient_or_other_type_is_read(change):
    waveform = change(torch.randn(1, 16000))
    file = {"waveform": waveform, "sample_rate": SAMPLE_RATE}
    assert torch.equal(Audio(sample_rate=SAMPLE_RATE, mono="downmix")(file)[0], waveform)


@pytest.fixture
def _ffmpeg(monkeypatch, tmp_path):
    """Restore the installed torchcodec, instead of one that does not load."""
    for name in [name for name in sys.modules if name.split(".")[0] == "torchcodec"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "path", [path for path in sys.path if path != WITHOUT_FFMPEG])
    decoders = importlib.import_module("torchcodec.decoders")
    monkeypatch.setattr(upstream, "TORCHCODEC_AVAILABLE", True)
    monkeypatch.setattr(upstream, "AudioDecoder", decoders.AudioDecoder)
    soundfile.write(tmp_path / "probe.wav", tone(0.1), SAMPLE_RATE)
    try:
        UpstreamAudio()(tmp_path / "probe.wav")
    except RuntimeError:
        pytest.skip("upstream's reader needs FFmpeg")


@pytest.mark.ffmpeg
@pytest.mark.usefixtures("_ffmpeg")
def test_other_formats_are_read_by_ffmpeg(tmp_path):
    path = tmp_path / "tone.wav"
    soundfile.write(path, tone(), SAMPLE_RATE)
    matroska = tmp_path / "tone.mka"
    subprocess.run(["ffmpeg", "-loglevel", "error", "-i", path, matroska], check=True)
    waveform, sample_rate = Audio()(matroska)
    assert (waveform.shape[0], sample_rate) == (1, SAMPLE_RATE)
    assert Audio().get_duration(matroska) == pytest.approx(3.0, abs=0.1)


@pytest.mark.ffmpeg
@pytest.mark.usefixtures("_ffmpeg")
@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("sample_rate", [16000, 44100])
def test_waveform_equals_that_of_upstream(tmp_path, suffix, sample_rate):
    path = tmp_path / f"tone.{suffix}"
    soundfile.write(path, tone(num_channels=2, sample_rate=sample_rate), sample_rate)
    options = {"sample_rate": SAMPLE_RATE, "mono": "downmix"}
    ours, _ = Audio(**options)(path)
    theirs, _ = UpstreamAudio(**options)(path)
    torch.testing.assert_close(ours, theirs, atol=1e-4, rtol=0)
    if suffix == "mp3":
        return  # upstream's crops are shifted against the complete file
    segment = Segment(0.7, 2.2)
    ours, _ = Audio(**options).crop(path, segment)
    theirs, _ = UpstreamAudio(**options).crop(path, segment)
    torch.testing.assert_close(ours, theirs, atol=1e-4, rtol=0)


def test_missing_file_raises_an_error(tmp_path):
    with pytest.raises(ValueError, match=r"nowhere\.wav does not exist"):
        Audio()(tmp_path / "nowhere.wav")


def test_empty_file_raises_an_error(tmp_path):
    path = tmp_path / "empty.wav"
    path.touch()
    with pytest.raises(ValueError, match=r"empty\.wav: file is empty"):
        Audio()(path)


def test_file_without_samples_raises_an_error(tmp_path):
    path = tmp_path / "header.wav"
    soundfile.write(path, np.zeros(0), SAMPLE_RATE)
    with pytest.raises(ValueError, match=r"header\.wav: audio holds no sample"):
        Audio()(path)
    with pytest.raises(ValueError, match="waveform: audio holds no sample"):
        Audio()({"waveform": torch.zeros(0, 0), "sample_rate": SAMPLE_RATE})


def test_file_that_is_not_audio_raises_an_error(tmp_path):
    path = tmp_path / "notes.wav"
    path.write_text("this is not audio")
    with pytest.raises(ValueError, match=r"notes\.wav: neither libsndfile nor torchcodec"):
        Audio()(path)


def test_truncated_file_raises_an_error(tmp_path):
    path = tmp_path / "cut.flac"
    soundfile.write(path, np.random.default_rng(0).uniform(-1, 1, 48000), SAMPLE_RATE)
    path.write_bytes(path.read_bytes()[:20000])
    with pytest.raises(ValueError, match=r"cut\.flac: .*truncated\?"):
        Audio()(path)


@pytest.mark.parametrize(
    ("value", "problem"),
    [(np.nan, "NaN or infinite"), (np.inf, "NaN or infinite"), (1e30, "samples far beyond full")],
)
def test_invalid_samples_raise_an_error(tmp_path, value, problem):
    path = tmp_path / "bad.wav"
    samples = tone()[:, 0]
    samples[1234] = value
    soundfile.write(path, samples, SAMPLE_RATE, subtype="FLOAT")
    with pytest.raises(ValueError, match=rf"bad\.wav: audio holds {problem}"):
        Audio()(path)
    file = {"waveform": torch.from_numpy(samples)[None], "sample_rate": SAMPLE_RATE}
    with pytest.raises(ValueError, match=f"waveform: audio holds {problem}"):
        Audio().crop(file, Segment(0, 1))


@pytest.mark.parametrize("in_memory", [False, True])
def test_unknown_channel_raises_an_error(tmp_path, in_memory):
    path = tmp_path / "mono.wav"
    soundfile.write(path, tone(), SAMPLE_RATE)
    waveform = {"waveform": torch.zeros(1, 16000), "sample_rate": SAMPLE_RATE, "uri": "mono"}
    file = {**(waveform if in_memory else {"audio": path}), "channel": 1}
    for read in (Audio(), lambda file: Audio().crop(file, Segment(0, 1))):
        with pytest.raises(
            ValueError, match=r"mono.*: audio has no channel 1, valid channels: 0 to 0"
        ):
            read(file)


def test_raw_file_raises_an_error(tmp_path):
    path = tmp_path / "tone.raw"
    path.write_bytes(tone().tobytes())
    with pytest.raises(ValueError, match=r"tone\.raw: neither libsndfile nor"):
        Audio()(path)


def test_chunk_beyond_the_file_raises_an_error(tmp_path):
    path = tmp_path / "tone.wav"
    soundfile.write(path, tone(1.0), SAMPLE_RATE)
    with pytest.raises(ValueError, match=r"tone\.wav: chunk from 0\.500 s to 1\.500 s"):
        Audio().crop(path, Segment(0.5, 1.5))
    # a millisecond of rounding is tolerated
    waveform, _ = Audio().crop(path, Segment(0.5, 1.0005))
    assert waveform.shape == (1, 8008)


def recorded(path, change=lambda samples: None, **options):
    samples = 0.1 * np.random.default_rng(0).standard_normal(20 * 16000)
    change(samples)
    soundfile.write(path, samples, 16000, **options)
    return path


@pytest.mark.parametrize("suffix", ["wav", "flac", "ogg", "mp3"])
def test_intact_file_has_no_damage(tmp_path, suffix):
    assert find_damage(recorded(tmp_path / f"x.{suffix}")) is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (np.nan, "samples are NaN or infinite at 7.00 s"),
        (-np.inf, "samples are NaN or infinite at 7.00 s"),
        (2e6, "samples are beyond ±1e6 at 7.00 s"),
    ],
)
def test_invalid_samples_are_found(tmp_path, value, expected):
    def change(samples):
        samples[7 * 16000] = value

    path = recorded(tmp_path / "x.wav", change, subtype="DOUBLE")
    assert find_damage(path) == expected


@pytest.mark.parametrize(
    ("suffix", "expected"),
    [("flac", r"cannot be decoded after \d+\.0 s"), ("ogg", r"corrupted bitstream|ends at \d+")],
)
def test_damage_in_the_middle_is_found(tmp_path, suffix, expected):
    path = recorded(tmp_path / f"x.{suffix}")
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 3000] = bytes(3000)
    path.write_bytes(content)
    assert re.search(expected, find_damage(path))


def test_duration_is_read_again_after_a_file_changes(tmp_path):
    path = tmp_path / "x.wav"
    for duration in (1, 2):
        soundfile.write(path, np.zeros(16000 * duration), 16000)
        assert duration_of(path) == duration


@pytest.mark.parametrize("suffix", FORMATS)
def test_formats_that_are_decoded_from_their_start_are_read_once(tmp_path, suffix):
    path = tmp_path / f"noise.{suffix}"
    soundfile.write(path, 0.1 * np.random.default_rng(0).standard_normal(32000), 16000)
    reader = Audio(sample_rate=16000, mono="downmix")
    file = seekable(reader, path)
    assert ("waveform" in file) == (suffix == "mp3")
    part = Segment(0.5, 1.5)
    torch.testing.assert_close(reader.crop(file, part), reader.crop(path, part))
