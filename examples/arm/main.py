"""An arm learns to reach, on the board, in its control loop; then its elbow is bent, and nobody tells the program."""

from body import Arm
from reacher import Reacher

MOVEMENTS = 3000
SHOWN = 500
BEND = 0.35  # radians, 20 degrees
GOALS = 100


def practise(reacher, movements):
    """Make movements, and tell how far the hand misses now and then."""
    for _ in range(0, movements, SHOWN):
        for _ in range(SHOWN):
            reacher.practise()
        print("{} movements: misses by {:.1f} %".format(reacher.tried, reacher.missed_percent(GOALS)))


def main():
    """Learn to reach, bend the elbow, and learn that, too."""
    reacher = Reacher(Arm(1), 1)
    print("before learning: misses by {:.1f} % of its reach".format(reacher.missed_percent(GOALS)))
    practise(reacher, MOVEMENTS)
    reacher.arm.bent[1] += BEND
    print("elbow bent: misses by {:.1f} %".format(reacher.missed_percent(GOALS)))
    practise(reacher, 2 * SHOWN)


main()
