import json

import frontends
import pytest
import tasks
import typer
from comparison import stored as stored_in
from frontends import complete, main, plan
from options import options_of
from picture import frontends_figure
from summary import compared, summary
from tasks import TASKS, refusal

from tests.benchmarks.results import clips, detection, random_results, stored

MEL_AND_STRF = ["mel", "strf"]


def store(results, out):
    for name, each in results.items():
        for result in each:
            root = out / name / f"{result['frontend']}-{result['seed']}"
            root.mkdir(parents=True)
            (root / "result.json").write_text(json.dumps(result))


def run(out, **options):
    """Run the script where no corpus exists."""
    missing = [out / "nowhere"] * 4
    main(*missing, out, **{"task": [], "frontend": [], "seed": [], "epochs": 3, **options})


def test_a_named_front_end_has_the_options_of_its_task():
    assert options_of("sad", "hybrid") == {
        "name": "strf",
        "keep_spectrogram": True,
        "mode": "abs",
        "normalisation": "batch",
        "spectrogram": {"gain_control": True, "normalisation": "mean"},
    }
    assert options_of("verification", "hcqt") == {"name": "mel", "spectrogram": {"kind": "hcqt"}}
    kind = options_of("sad", "strf_sincgram")["spectrogram"]
    assert kind == {"kind": "sincgram", "gain_control": True, "normalisation": "mean"}


def test_the_first_seed_of_all_front_ends_comes_first_and_main_ones_have_more():
    runs = list(plan(["sad", "esc10"], [], []))
    seeds = [seed for _, _, seed in runs]
    assert seeds == sorted(seeds)
    assert [seed for task, name, seed in runs if (task, name) == ("sad", "strf")] == [0, 1, 2]
    assert [seed for task, name, seed in runs if (task, name) == ("sad", "sincgram")] == [0]
    assert [seed for task, name, seed in runs if (task, name) == ("esc10", "strf")] == [0, 1, 2]
    assert [seed for task, name, seed in runs if (task, name) == ("esc10", "conv2d")] == [0]
    assert list(plan(["sad"], ["vgg"], [4])) == [("sad", "vgg", 4)]


def test_every_front_end_is_built_or_refused_for_a_reason():
    def reasons(name):
        return {each: refusal(TASKS[name], each) for each in ("fcn5", "sample_cnn", "sincnet")}

    assert "describes chunks" in reasons("sad")["fcn5"]
    assert "describes chunks" in reasons("verification")["sample_cnn"]
    assert "32000 Hz is not supported" in reasons("esc10")["sincnet"]
    assert "a duration of 2 s is too short for" in reasons("nonverbal")["sample_cnn"]
    assert reasons("sad")["sincnet"] is reasons("esc10")["sample_cnn"] is None


def test_a_refused_front_end_is_not_run():
    result = complete(TASKS["sad"], pytest.fail, 3, "fcn5", 0, None)
    assert result.keys() == {"epochs", "refused"}


def test_stored_results_are_not_run_again_and_give_table_and_picture(tmp_path):
    store(random_results(MEL_AND_STRF, lambda frontend: (0, 1)), tmp_path)
    run(tmp_path, frontend=MEL_AND_STRF, seed=[0, 1])
    table = (tmp_path / "table.md").read_text(encoding="utf-8")
    assert table.count("\n### ") == 4
    assert (tmp_path / "frontends.png").read_bytes().startswith(b"\x89PNG")
    assert "<svg" in (tmp_path / "frontends.svg").read_text(encoding="utf-8")


def test_a_run_that_is_missing_is_done_and_stored(tmp_path, monkeypatch):
    store(random_results(MEL_AND_STRF, lambda frontend: (0,)), tmp_path)
    (tmp_path / "esc10" / "strf-0" / "result.json").unlink()
    calls = []

    def prepare(corpus, out):
        def train_and_test(frontend, seed, root, epochs):
            calls.append((frontend, seed, root.name, epochs))
            return {**clips([True] * 60), "parameters": 5}

        return train_and_test

    task = TASKS["esc10"]
    monkeypatch.setitem(TASKS, "esc10", tasks.Task(**{**vars(task), "prepare": prepare}))
    monkeypatch.setattr(frontends, "relative_times", lambda *_: {"training": 1, "inference": 1})
    (tmp_path / "nowhere").mkdir()
    for _ in range(2):
        run(tmp_path, frontend=MEL_AND_STRF, seed=[0])
    assert calls == [("strf", 0, "strf-0", 3)]
    (result,) = (each for each in stored_in(tmp_path / "esc10") if each["frontend"] == "strf")
    assert result["epochs"] == 3
    assert "| strf | 0 | 100.00 |" in (tmp_path / "table.md").read_text(encoding="utf-8")


def test_cells_have_mean_deviation_seeds_and_reasons():
    results = {name: [] for name in TASKS}
    for seed, number in ((0, 50), (1, 54)):
        right = [clip < number for clip in range(100)]
        results["esc10"].append(stored("mel", seed, clips(right)))
    results["esc10"].append(stored("hcqt", 0, clips([clip < 80 for clip in range(100)])))
    results["esc10"].append({"frontend": "sincnet", "seed": 0, "epochs": 3, "refused": "at 16 kHz"})
    text = summary(compared(results))
    assert "| mel |  |  | 52.00 ± 2.83 (2) |  |" in text
    assert "| hcqt |  |  | 80.00 (1) |  |" in text
    assert "| sincnet |  |  | - |  |" in text
    assert "- sincnet, Audio tagging, ESC-10, fold 4: at 16 kHz" in text
    # 30 clips of 100 more than mel with seed 0: about 21 to 39 points
    (row,) = (line for line in text.splitlines() if line.startswith("| hcqt | 0 |"))
    assert row.split(" | ")[3].startswith("**+30.00 (+2")
    assert row.endswith("| 10 | 1,000 | 1.50 | 2.00 |")


def test_panels_have_a_row_for_each_front_end_and_the_line_of_mel():
    results = random_results(["strf", "mel"], lambda frontend: (0,))
    results["sad"] = results["sad"][1:]
    results["sad"].append({"frontend": "strf", "seed": 0, "epochs": 3, "refused": "no"})
    comparisons = compared(results)
    figure = frontends_figure(comparisons)
    assert [text.get_text() for text in figure.axes[0].get_yticklabels()] == ["mel", "strf"]
    assert [text.get_text() for text in figure.axes[0].texts] == ["not supported"]
    for ax, each in zip(figure.axes, comparisons.values()):
        dashed = [line for line in ax.lines if line.get_linestyle() == "--"]
        assert dashed[0].get_xdata()[0] == pytest.approx(each.comparison.mean("mel").value)


def test_an_error_that_is_far_larger_is_written_beside_the_axis():
    errors = {"mel": 0.2, "strf": 0.1, "sincnet": 6.0}
    results = [stored(name, 0, detection(20 * [seconds])) for name, seconds in errors.items()]
    (panel,) = frontends_figure(compared({"sad": results})).axes
    share = 100 * 20 * 6.0 / sum(10 * (number + 1) for number in range(20))
    assert [text.get_text() for text in panel.texts] == [f"{share:.1f} →"]
    assert panel.get_xlim()[1] < share


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"frontend": ["melt"]}, "'melt' does not exist; did you mean 'mel'"),
        ({"task": ["esc50"]}, "'esc50' does not exist"),
        ({"epochs": 2}, "mel was trained for 3 epochs instead of 2: choose another folder"),
        ({"seed": [9], "frontend": ["mel"]}, "nowhere: does not exist"),
    ],
)
def test_mistakes_are_refused_before_anything_runs(tmp_path, options, message):
    store(random_results(["mel"], lambda frontend: (0,)), tmp_path)
    with pytest.raises(typer.BadParameter, match=message):
        run(tmp_path, **options)
    assert not (tmp_path / "table.md").exists()
