import pytest
import torch
import torch.nn.functional as F

from pyannote_strf.backends.lstm import LSTM


def split(backend, **options):
    """Return a copy of an LSTM with one module per layer."""
    other = LSTM(1, 6, lstm={**options, "monolithic": False}, linear={"num_layers": 0})
    for number, lstm in enumerate(other.lstm):
        state = {
            name: getattr(backend.lstm, f"{name.replace('l0', f'l{number}')}")
            for name in lstm.state_dict()
        }
        lstm.load_state_dict(state)
    return other


@pytest.mark.parametrize("bidirectional", [True, False])
def test_separate_layers_give_the_same_output(bidirectional):
    options = {"hidden_size": 5, "num_layers": 3, "bidirectional": bidirectional}
    backend = LSTM(1, 6, lstm=options, linear={"num_layers": 0})
    image = torch.randn(2, 1, 6, 9)
    features = backend(image)
    assert features.shape == (2, 9, 10 if bidirectional else 5)
    assert backend.num_features == features.shape[-1]
    expected, _ = backend.lstm(image[:, 0].transpose(1, 2))
    assert torch.equal(features, expected)
    torch.testing.assert_close(split(backend, **options)(image), expected)


@pytest.mark.parametrize("monolithic", [True, False])
def test_dropout_is_applied_between_layers_in_training_mode(monolithic):
    options = {"num_layers": 2, "dropout": 0.5, "monolithic": monolithic}
    backend, image = LSTM(1, 6, lstm=options), torch.randn(2, 1, 6, 9)
    assert not torch.equal(backend(image), backend(image))
    backend.eval()
    assert torch.equal(backend(image), backend(image))
    # and nowhere else
    once = LSTM(1, 6, lstm={**options, "num_layers": 1, "dropout": 0.0})
    assert torch.equal(once(image), once(image))


def test_linear_layers_follow_the_lstm():
    backend = LSTM(1, 6, lstm={"hidden_size": 5}, linear={"hidden_size": 4, "num_layers": 2})
    image = torch.randn(2, 1, 6, 9)
    features, _ = backend.lstm(image[:, 0].transpose(1, 2))
    for linear in backend.linear:
        features = F.leaky_relu(features @ linear.weight.T + linear.bias)
    torch.testing.assert_close(backend(image), features)
    assert features.shape == (2, 9, backend.num_features)


def test_images_of_several_channels_are_compressed():
    backend = LSTM(2, 6, compression={"num_features": 8})
    assert backend.lstm.input_size == 8
    assert backend(torch.randn(2, 2, 6, 9)).shape == (2, 9, 128)
    assert LSTM(1, 6).lstm.input_size == 6


def test_back_end_keeps_the_frames_of_the_image():
    backend = LSTM(1, 6)
    assert backend.resolution == "frame"
    assert backend.num_frames(9) == backend(torch.randn(1, 1, 6, 9)).shape[1]
    assert (backend.receptive_field_size(3), backend.receptive_field_center(3)) == (3, 3)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"lstm": {"units": 3}}, "lstm: option 'units' does not exist, valid options: hidden_size"),
        ({"linear": {"depth": 3}}, "linear: option 'depth' does not exist, valid options: hidden"),
        ({"linear": 3}, "linear: expected a mapping of options, got 3"),
        ({"lstm": {"num_layers": 0}}, "num_layers must be a positive integer, got 0"),
    ],
)
def test_invalid_options_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        LSTM(1, 6, **options)
