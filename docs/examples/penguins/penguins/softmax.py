"""Softmax regression: a linear model of class probabilities, by gradient descent in numpy."""

import numpy as np

type Array = np.ndarray


def softmax(scores: Array) -> Array:
    """Turn scores (birds, classes) into probabilities of the same shape."""
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def with_bias(inputs: Array) -> Array:
    """Add a column of ones to (birds, features)."""
    return np.column_stack([inputs, np.ones(len(inputs))])


def fit(inputs: Array, labels: Array, classes: int, *, learning_rate: float, steps: int) -> Array:
    """Return the weights (features + 1, classes) after so many steps down the mean cross entropy."""
    inputs, targets = with_bias(inputs), np.eye(classes)[labels]
    weights = np.zeros((inputs.shape[1], classes))
    for _ in range(steps):
        weights -= learning_rate * inputs.T @ (softmax(inputs @ weights) - targets) / len(inputs)
    return weights


def predict(weights: Array, inputs: Array) -> Array:
    """Return the most probable class of each bird."""
    return softmax(with_bias(inputs) @ weights).argmax(axis=1)
