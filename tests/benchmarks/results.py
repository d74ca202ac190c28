"""Results of front-ends as the scripts store them, without training."""

from itertools import combinations

import numpy as np

TIMES = {"training": 1.5, "inference": 2.0}


def stored(frontend, seed, content, epochs=3):
    return {
        "frontend": frontend,
        "seed": seed,
        **content,
        "epochs": epochs,
        "parameters": 1000,
        "frontend parameters": 10,
        "times": TIMES,
    }


def detection(wrong):
    """Speech of 10, 20, 30 s and so on in each file, and given seconds of errors."""
    files = {
        f"file{number}": {"total": 10.0 * (number + 1), "miss": each, "false alarm": 0.0}
        for number, each in enumerate(wrong)
    }
    return {"seconds": {"test": files}}


def verification(rng, num_speakers=5, num_files=4, distance=1.0):
    """All pairs of recordings, with higher scores for the same speaker."""
    speakers = {
        f"{speaker}-{file}": f"{speaker}"
        for speaker in range(num_speakers)
        for file in range(num_files)
    }
    names = list(speakers.values())
    trials = []
    for left, right in combinations(range(len(names)), 2):
        target = int(names[left] == names[right])
        trials.append([left, right, target, float(rng.normal(distance * target))])
    return {"speakers": speakers, "trials": trials}


def clips(right, groups=None):
    """Whether clips are right, each in a group of its own by default."""
    names = [f"clip{number}" for number in range(len(right))]
    of_clips = names if groups is None else groups
    return {
        "files": {
            name: {"group": group, "right": bool(each)}
            for name, group, each in zip(names, of_clips, right)
        }
    }


def random_results(frontends, seeds, seed=0):
    """Random results of four tasks."""
    rng = np.random.default_rng(seed)
    results = {name: [] for name in ("sad", "verification", "esc10", "nonverbal")}
    for frontend in frontends:
        for number in seeds(frontend):
            skill = rng.uniform(0.6, 0.9)
            wrong = rng.uniform(0, 6, 20).round(3).tolist()
            results["sad"].append(stored(frontend, number, detection(wrong)))
            trials = verification(rng, distance=4 * skill)
            results["verification"].append(stored(frontend, number, trials))
            results["esc10"].append(stored(frontend, number, clips(rng.random(60) < skill)))
            results["nonverbal"].append(stored(frontend, number, clips(rng.random(120) < skill)))
    return results
