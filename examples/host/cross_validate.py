"""On the PC: a network of the board's own arithmetic as a scikit-learn classifier, cross-validated on the iris data.

Without `board` it is trained in this process; `board="/dev/ttyACM0"` trains it on a board, with the same bits.
"""

from sklearn.model_selection import cross_val_score

from eqprop_host import EqPropClassifier, load_data

iris = load_data("iris")
scores = cross_val_score(EqPropClassifier(hidden=(16,), epochs=60), iris.features, iris.labels, cv=5)
print("accuracy of five folds:", *(f"{score:.3f}" for score in scores))
