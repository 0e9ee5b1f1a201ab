"""Isolation forest: how soon random splits tell a row from the others, the sooner the more unusual it is.

References: Liu, Ting & Zhou, "Isolation forest" (2008); contributions along the path: Saabas, "Interpreting random
forests" (2014), Palczewska et al., "Interpreting random forest classification models using a feature contribution
method" (2013).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from alphaplus.models.boosting import float32_floor

STEP = 2.0**-8  # values of nodes are multiples of it, so that float32 adds them without rounding, in any order
LARGEST_SUM = 2.0**24 * STEP  # the largest sum of which that is true
LEAF = -1

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]
Places = NDArray[np.int32]


@dataclass(frozen=True)
class Forest:
    """Trees as arrays over all nodes (m,), each tree in preorder: a left child follows its parent.

    columns: how many columns the rows have. sample: rows that each tree grew on. roots: (t,) places of the roots.
    split: (m,) the column that a node asks, -1 in a leaf. threshold: (m,) float32; a row goes left where its value is
    not above it. right: (m,) place of the right child. size: (m,) rows of the sample that came to the node. value: (m,)
    in a leaf the path length h of Liu et al., its depth and the expected depth of a tree on its rows; elsewhere the
    mean of the leaves below; all rounded to multiples of 2^-8.
    """

    columns: int
    sample: int
    roots: Places = field(repr=False)
    split: Places = field(repr=False)
    threshold: Singles = field(repr=False)
    right: Places = field(repr=False)
    size: NDArray[np.int64] = field(repr=False)
    value: Floats = field(repr=False)

    @classmethod
    def grow(cls, x: Singles, *, trees: int, sample: int, seed: int) -> "Forest":
        """Grow by scikit-learn on rows x (n, p), each tree on `sample` rows drawn without replacement, all if fewer."""
        from sklearn.ensemble import IsolationForest

        drawn = min(sample, len(x))
        fitted = IsolationForest(n_estimators=trees, max_samples=drawn, random_state=seed, n_jobs=1).fit(x)
        split, threshold, size = [], [], []
        for grown in fitted.estimators_:
            tree = grown.tree_
            order = _preorder(tree.children_left.tolist(), tree.children_right.tolist())
            leaf = tree.children_left[order] == LEAF
            split.append(np.where(leaf, LEAF, tree.feature[order]))
            threshold.append(float32_floor(tree.threshold[order][~leaf]))
            size.append(tree.n_node_samples[order][leaf])
        return cls._of(x.shape[1], drawn, np.concatenate(split), np.concatenate(threshold), np.concatenate(size))

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> "Forest":
        """Read what `to_json` wrote; raises KeyError, TypeError or ValueError when it is something else."""
        split, size = (np.array(content[name], dtype=np.int64) for name in ("split", "size"))
        return cls._of(
            int(content["columns"]), int(content["sample"]), split, np.array(content["threshold"], np.float32), size
        )

    def to_json(self) -> dict[str, Any]:
        """Plain values for JSON: columns asked in preorder, thresholds of splits, sizes of leaves; the rest follows."""
        leaf = self.split == LEAF
        return {
            "columns": self.columns,
            "sample": self.sample,
            "split": self.split.tolist(),
            "threshold": self.threshold[~leaf].tolist(),
            "size": self.size[leaf].tolist(),
        }

    @property
    def expected(self) -> float:
        """Summed path length of a row of which nothing is known: the mean over the rows that the trees grew on."""
        return float(self.value[self.roots].sum())

    def path_length(self, x: Singles) -> Floats:
        """Path length summed over the trees (n,) of rows x (n, p); a multiple of 2^-8 that float32 holds exactly."""
        from alphaplus.models.paths import walk

        return np.asarray(walk(self._rows(x), self.roots, self.split, self.threshold, self.right, self.value))

    def steps(self, x: Singles) -> Floats:
        """How far the answers to each column moved the path length (n, p); with `expected` they sum to it exactly."""
        from alphaplus.models.paths import steps

        return np.asarray(steps(self._rows(x), self.roots, self.split, self.threshold, self.right, self.value))

    def score(self, x: Singles) -> Floats:
        """The anomaly score of Liu et al. (n,) in (0, 1): towards 1 unusual, 0.5 where all rows are alike."""
        normal = float(average_path(np.array([self.sample]))[0])
        score: Floats = 2.0 ** (-self.path_length(x) / (len(self.roots) * normal))
        return score

    def gain(self) -> Floats:
        """Share of each column (p,) in the variance of path lengths that the splits explain."""
        node = np.flatnonzero(self.split != LEAF)
        left, right = node + 1, self.right[node]
        between = self.size[left] * self.size[right] / self.size[node] * (self.value[left] - self.value[right]) ** 2
        gain: Floats = np.zeros(self.columns)
        np.add.at(gain, self.split[node], between)
        total = float(gain.sum())
        return gain / total if total > 0.0 else gain

    def borders(self) -> list[tuple[int, Singles]]:
        """Columns and the thresholds of their splits, increasing."""
        asked = np.unique(self.split[self.split != LEAF])
        return [(int(column), np.unique(self.threshold[self.split == column])) for column in asked]

    def _rows(self, x: Singles) -> Singles:
        if x.ndim != 2 or x.shape[1] != self.columns:
            raise ValueError(f"rows have shape {x.shape}, expected (n, {self.columns})")
        return np.ascontiguousarray(x, dtype=np.float32)

    @classmethod
    def _of(
        cls, columns: int, sample: int, split: NDArray[np.int64], threshold: Singles, size: NDArray[np.int64]
    ) -> "Forest":
        """Build from columns asked in preorder (m,), thresholds of the splits and sizes of the leaves.

        Raises ValueError unless they make whole trees on these columns: compiled walks check nothing.
        """
        leaf = split == LEAF
        if split.ndim != 1 or int(leaf.sum()) != len(size) or int((~leaf).sum()) != len(threshold):
            raise ValueError("splits, thresholds and leaf sizes do not fit together")
        if not np.all(leaf | ((split >= 0) & (split < columns))) or not np.all(np.isfinite(threshold)):
            raise ValueError("a split asks a column that there is not, or has no threshold")
        if sample < 2 or not np.all(size >= 1):
            raise ValueError("a leaf without rows")
        roots, right, depth = _linked(leaf.tolist())
        rows, value = np.zeros(len(split), dtype=np.int64), np.zeros(len(split))
        rows[leaf], value[leaf] = size, depth[leaf] + average_path(size)
        rows, value = _averaged(np.flatnonzero(~leaf), right, rows, value)
        if len(roots) * float(value.max()) >= LARGEST_SUM:
            raise ValueError("paths too long to be added exactly: take fewer trees or a smaller sample")
        every = np.zeros(len(split), dtype=np.float32)
        every[~leaf] = threshold
        rounded = np.round(value / STEP) * STEP
        return cls(columns, sample, roots, split.astype(np.int32), every, right, rows, rounded)


def average_path(size: NDArray[np.int64]) -> Floats:
    """Expected path length c(n) of an unsuccessful search in a binary tree on `size` rows, Liu et al., equation 1."""
    n = np.maximum(size, 3).astype(np.float64)
    length = 2.0 * (np.log(n - 1.0) + np.euler_gamma) - 2.0 * (n - 1.0) / n
    return np.where(size > 2, length, np.where(size == 2, 1.0, 0.0))


def _preorder(left: Sequence[int], right: Sequence[int]) -> list[int]:
    order, waiting = [], [0]
    while waiting:
        node = waiting.pop()
        order.append(node)
        if left[node] != LEAF:
            waiting += [right[node], left[node]]
    return order


def _linked(leaves: Sequence[bool]) -> tuple[Places, Places, Floats]:
    """Roots (t,), right children (m,) and depths (m,) of trees that stand in preorder."""
    roots, right, depth = [], [0] * len(leaves), [0.0] * len(leaves)
    waiting: list[int] = []
    begins = True
    for node, leaf in enumerate(leaves):
        if begins:
            roots.append(node)
        elif leaves[node - 1]:
            parent = waiting.pop()
            right[parent], depth[node] = node, depth[parent] + 1.0
        else:
            depth[node] = depth[node - 1] + 1.0
        if not leaf:
            waiting.append(node)
        begins = leaf and not waiting
    if not begins or not roots:
        raise ValueError("a tree is cut off")
    return np.array(roots, dtype=np.int32), np.array(right, dtype=np.int32), np.array(depth)


def _averaged(
    inner: NDArray[np.intp], right: Places, rows: NDArray[np.int64], value: Floats
) -> tuple[NDArray[np.int64], Floats]:
    """Rows (m,) and values (m,) of all nodes, those of the `inner` ones summed and averaged over their children."""
    counts, values, others = rows.tolist(), value.tolist(), right.tolist()
    for node in inner[::-1].tolist():  # children stand after their parents
        left, other = node + 1, others[node]
        counts[node] = counts[left] + counts[other]
        values[node] = (counts[left] * values[left] + counts[other] * values[other]) / counts[node]
    return np.array(counts, dtype=np.int64), np.array(values)
