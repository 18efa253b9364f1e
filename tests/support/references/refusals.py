"""What a crossbar of each model says of arguments that it must not take, in the order of faults/refusals.py."""


def _of_a_model(floats):
    """Return it for one model. floats: whether the interpreter has them."""
    labels = (-1, 2, 2**32, 2**40, 1 - 2**32, *((1.0, 0.5) if floats else ()), "1", None)
    return [
        *2 * ["TypeError x: expected an int8 buffer, got NoneType"],
        *2 * ["ValueError x: 0 features for 4 inputs"],
        *(3 if floats else 2)
        * [
            "TypeError x: expected an int8 buffer, got array of larger items",
            "TypeError x: expected an int8 buffer, got memoryview of larger items",
            "TypeError restore: expected bytes, got array of larger items",
            "TypeError user_data: expected bytes, got array of larger items",
        ],
        *(
            f"TypeError {what}: expected bytes, got {kind}"
            for kind in ("list", "str", "int")
            for what in ("restore", "user_data")
        ),
        *(f"ValueError x: {n} features for 4 inputs" for n in (0, 3, 3, 5)),
        *(f"TypeError x: expected an int8 buffer, got {name}" for name in ("list", "tuple", "str", "int")),
        *(
            f"ValueError label: {label} is not a whole number in 0..1"
            for label in labels
            for _ in ("set_nudge", "learn")
        ),
        "0",  # samples learnt
        *2
        * [  # of an array and a bytearray that were known
            *(f"ValueError label: {label} is not a whole number in 0..1" for label in labels),
            "ValueError replay: 2, but the network has no memory: call remember first",
            "ValueError x: 5 features for 4 inputs",
            "ValueError x: 5 features for 4 inputs",
        ],
        "2",
        "ValueError label: None is not a whole number in 0..29",
        "taken (b'\\x00\\x00\\x00\\x00', False)",
        "ValueError label: x is not a whole number in 0..29",
        "True",  # the same bits from a part of a memoryview
        *(f"ValueError phase: {phase} is not 1 or 2" for phase in (0, 3)),
        *(f"ValueError rate_shift: {rate_shift} is not in 1..24" for rate_shift in (0, 25)),
    ]


REFUSALS = 2 * _of_a_model(True)  # hopfield, resistive
REFUSALS_WITHOUT_FLOATS = 2 * _of_a_model(False)
