"""Penalised linear fits: ridge regression, and logistic regression by Newton's method.

Products over the rows are summed in blocks so small that BLAS works on one thread: it then neither waits for a core
that another fit is using, nor gives other bits where there are more cores.
"""

import numpy as np
from numpy.typing import NDArray

from alphaplus.core.enums import Task

MAX_STEPS = 50
CONVERGED = 1e-10  # of the gradient, per effective row
SMALL_PRODUCT = 200_000  # multiplications; OpenBLAS shares out larger products among threads

Floats = NDArray[np.float64]


def ridge(z: Floats, y: Floats, *, weight: Floats, l2: float) -> Floats:
    """Coefficients (1, p + 1) of y (n,) on z (n, p), the bias last and free; the penalty is in units of the noise."""
    design = np.column_stack([z, np.ones(len(z))])
    penalty = np.append(np.full(z.shape[1], l2), 0.0)
    both = _gram(design, np.column_stack([design, y]) * weight[:, None])
    return np.linalg.solve(both[:, :-1] + np.diag(penalty), both[:, -1:]).T.astype(np.float64)


def logistic(z: Floats, indicator: Floats, *, weight: Floats, l2: float) -> Floats:
    """Coefficients of the class scores on z (n, p), the bias last: (1, p + 1) of two classes, else (k, p + 1).

    `indicator` (n, k) says which class a row has. Two classes have one score, the log-odds of the second; the scores of
    more are known up to a common function, which the penalty fixes. Steps are halved while they do not improve.
    """
    design = np.column_stack([z, np.ones(len(z))])
    free = 1 if indicator.shape[1] == 2 else indicator.shape[1]
    penalty = np.append(np.full(z.shape[1], l2), 1e-6 * weight.sum())  # a trace on the bias keeps the system regular
    beta = np.zeros((free, design.shape[1]))
    p, loss = _fit_of(design, indicator, weight=weight, penalty=penalty, beta=beta)
    for _ in range(MAX_STEPS):
        error = (p - indicator)[:, -free:] * weight[:, None]
        gradient = _gram(error, design) + penalty * beta
        if float(np.max(np.abs(gradient))) < CONVERGED * weight.sum():
            break
        hessian = _hessian(design, p[:, -free:], weight=weight, penalty=penalty)
        step = np.linalg.solve(hessian, gradient.ravel()).reshape(beta.shape)
        size = 1.0
        while size > CONVERGED:
            nearer, better = _fit_of(design, indicator, weight=weight, penalty=penalty, beta=beta - size * step)
            if better <= loss:
                break
            size /= 2
        else:
            break  # nothing better lies along the step: this is the minimum as far as float64 can tell
        beta, p, loss = beta - size * step, nearer, better
    return beta


def linked(raw: Floats, *, task: Task) -> Floats:
    """What scores (n, k) mean: probabilities (n, classes), or the values themselves (n, 1)."""
    if task is Task.REGRESSION:
        return raw
    return softmax(np.column_stack([np.zeros(len(raw)), raw]) if task is Task.BINARY else raw)


def softmax(scores: Floats) -> Floats:
    """Turn scores (n, k) into probabilities."""
    odds = np.exp(scores - scores.max(axis=1, keepdims=True))
    p: Floats = odds / odds.sum(axis=1, keepdims=True)
    return p


def _fit_of(
    design: Floats, indicator: Floats, *, weight: Floats, penalty: Floats, beta: Floats
) -> tuple[Floats, float]:
    """Probabilities (n, k) and penalised loss."""
    scores = np.einsum("ni,ki->nk", design, beta)
    if scores.shape[1] < indicator.shape[1]:
        scores = np.column_stack([np.zeros(len(scores)), scores])
    p = softmax(scores)
    chosen = np.sum(p * indicator, axis=1)
    return p, float(0.5 * np.sum(penalty * beta**2) - np.sum(weight * np.log(np.maximum(chosen, 1e-300))))


def _hessian(design: Floats, p: Floats, *, weight: Floats, penalty: Floats) -> Floats:
    """Second derivatives of the loss by all coefficients (k * width, k * width); p (n, k) of the free scores."""
    free, width = p.shape[1], design.shape[1]
    out = np.empty((free, width, free, width))
    for row in range(free):
        for column in range(row, free):
            share = p[:, row] * ((row == column) - p[:, column]) * weight
            block = _gram(design, design * share[:, None])
            out[row, :, column, :] = block
            out[column, :, row, :] = block.T
    flat: Floats = out.reshape(free * width, free * width)
    flat[np.diag_indices_from(flat)] += np.tile(penalty, free)
    return flat


def _gram(a: Floats, b: Floats) -> Floats:
    """The product a.T @ b (p, q) of (n, p) and (n, q), summed over blocks of rows."""
    rows = max(SMALL_PRODUCT // (a.shape[1] * b.shape[1]), 1)
    total = np.zeros((a.shape[1], b.shape[1]))
    for start in range(0, len(a), rows):
        total += a[start : start + rows].T @ b[start : start + rows]
    return total
