"""Prints the table of ``assistant.evaluation.ways``."""

import argparse
from pathlib import Path

from assistant.config import load_config
from assistant.evaluation.ways import Score, compare, table
from assistant.parts import Parts


def main() -> None:
    """Run the ways one after the other, printing the table as it grows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--most", type=int, default=1000, help="how many wishes, and how much talk, at most")
    parser.add_argument("--way", action="append", default=[], help="only this way (by its name; may be repeated)")
    args = parser.parse_args()
    folder = Path(__file__).resolve().parents[1] / "tests" / "understanding"
    scores: list[Score] = []
    with Parts(load_config(None)) as parts:
        for score in compare(parts, folder, args.way, most=args.most):
            scores.append(score)
            print(table([score]).splitlines()[-1], flush=True)
    print(table(scores))


if __name__ == "__main__":
    main()
