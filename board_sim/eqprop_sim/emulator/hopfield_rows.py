"""Many samples in a call for Hopfield networks, which `compiled_hopfield` and `compiled_hopfield8` compile."""

from eqprop.crossbar import FREE, MINUS, PLUS
from eqprop.extras.regression import pull
from eqprop.hopfield.dynamics import nudge, program, set_output_nudge, settle


def learn(state, x, label):
    """Learn a sample; return (prediction, loss)."""
    prediction = settle(state, x)
    loss = set_output_nudge(state, label)
    if loss:
        nudge(state, PLUS)
        nudge(state, MINUS)
        program(state)
    return prediction, loss


def infer_all(state, x, classes, outputs):
    """Write the class and the output voltages of each sample."""
    voltages = state.phases[FREE][len(state.w) - 1]
    for n in range(len(x)):
        classes[n] = settle(state, x[n])
        for k in range(outputs.shape[1]):
            outputs[n, k] = voltages[k]


def learn_all(state, x, labels):
    """Learn samples; return (correct predictions, total loss, last prediction, last loss)."""
    correct = total = prediction = loss = 0
    for n in range(len(x)):
        prediction, loss = learn(state, x[n], labels[n])
        correct += prediction == labels[n]
        total += loss
    return correct, total, prediction, loss


def learn_targets(state, x, targets, beta, scale, limit):
    """Learn numbers (`eqprop.extras.regression`); return (total loss, last loss)."""
    total = loss = 0
    outputs = state.phases[FREE][len(state.w) - 1]
    for n in range(len(x)):
        settle(state, x[n])
        loss = pull(outputs, targets[n], beta, scale, limit, state.errors)
        if loss:
            nudge(state, PLUS)
            nudge(state, MINUS)
            program(state)
        total += loss
    return total, loss
