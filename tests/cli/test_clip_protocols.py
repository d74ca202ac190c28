"""Commands on protocols of clips."""

import pytest
from matplotlib.image import imread

from tests.corpora.test_clips import write_birds

pytestmark = pytest.mark.usefixtures("same_registry_afterwards")

NAME = "birds.Protocol.Fold1"


@pytest.fixture
def birds(command, tmp_path, capsys):
    """Return the option of the database.yml of a folder of folders."""
    write_birds(tmp_path / "birds")
    folders = ["--folders", tmp_path / "birds", "--group", "^s[0-9]+", "--num-folds=3"]
    command("protocols", "init", *folders, tmp_path / "db.yml")
    lines = capsys.readouterr().out.splitlines()
    assert sum("recordings" in line for line in lines) == 9
    return f"--registry={tmp_path / 'db.yml'}"


def rows(capsys):
    return [line.split() for line in capsys.readouterr().out.splitlines() if line.strip()]


def test_list_and_check_know_clips(command, birds, capsys):
    command("protocols", "list", birds)
    assert ["yes", "yes", NAME] in rows(capsys)
    command("protocols", "check", NAME, birds)
    found = rows(capsys)
    by_name = {name: cells for name, *cells in found}
    for subset in ("train", "development", "test"):
        clips, hours, groups, rate = by_name[subset]
        assert int(clips) == 2 * 3 * int(groups)
        assert (hours, rate) == ("0.00", "16000")
    assert by_name["robin"] == by_name["wren"]
    assert sum(map(int, by_name["wren"])) == 30
    assert found[-1] == [f"{NAME}:", "no", "problems"]


def test_stats_draws_the_clips_of_each_class(command, birds, tmp_path, capsys):
    command("protocols", "stats", NAME, birds, "--out", tmp_path / "birds.png")
    assert f"Wrote {tmp_path / 'birds.png'}" in capsys.readouterr().out
    assert imread(tmp_path / "birds.png").std() > 0.1


def test_counts_of_several_labels_say_how_many_are_known(command, birds, tmp_path, capsys):
    (tags,) = tmp_path.glob("db-lists/birds/*.tags")
    uris = [line.partition(",")[0] for line in tags.read_text().splitlines()[1:]]
    lines = [f"{uri},{int(index % 2)},{'1' if index % 3 else ''}" for index, uri in enumerate(uris)]
    tags.write_text("\n".join(["uri,wren,robin", *lines]))
    command("protocols", "check", NAME, birds)
    (row,) = [row for row in rows(capsys) if row[0] == "robin"]
    counts = [int(part) for part in row[1:] if part.isdigit()]
    assert row.count("known") == 3
    assert counts[::2] == counts[1::2]
    assert sum(counts[::2]) == 40


def test_a_pattern_of_groups_needs_folders(mistake, tmp_path):
    message = mistake("protocols", "init", "--group=x", "--esc10", tmp_path, tmp_path / "db.yml")
    assert "--group needs --folders" in message


def test_present_keeps_labels(command, birds, tmp_path, capsys):
    (first, *_) = (tmp_path / "db-lists" / "birds" / "Fold1.train.lst").read_text().split()
    (tmp_path / "birds" / first).unlink()
    command("protocols", "present", NAME, tmp_path / "present.yml", birds)
    capsys.readouterr()
    with pytest.raises(SystemExit):
        command("protocols", "check", NAME, f"--registry={tmp_path / 'present.yml'}")
    # its label is still in the file of labels
    assert f"1 clips that do not exist: {first}" in capsys.readouterr().out
