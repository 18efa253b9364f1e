"""A board learns to balance a pole, in its control loop; then the motor's wires are swapped, and nobody tells it."""

from balancer import Balancer
from body import TICK_S, Pole

PART = 500  # ticks, 10 s
TRIES = 5


def show(balancer, what):
    """Tell how long the pole stands, without learning."""
    stands = sum(balancer.stands_s() for _ in range(TRIES)) / TRIES
    print("{}: stands for {:.1f} s".format(what, stands))


def practise(balancer, parts):
    """Learn for so many parts, and tell after each how long the pole stands."""
    for _ in range(parts):
        balancer.practise(PART)
        text = "{:.0f} s of practice, {} falls".format(balancer.learnt * TICK_S, balancer.falls)
        show(balancer, text)


def main():
    """Learn to balance, swap the wires, and learn that, too."""
    balancer = Balancer(Pole(1), 1)
    show(balancer, "before learning")
    practise(balancer, 2)
    balancer.pole.wires = -1
    show(balancer, "wires swapped")
    practise(balancer, 2)


main()
