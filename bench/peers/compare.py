"""Compares a peer's decisions with the reference's and prints [rounded, wrong].

Called with: FOLDER of `tagroute bench --dump`, a file of decisions.

Sums of float32 depend on the order of additions and on what is fused. A score of n entries is off by
at most 1.01 (n + 2) 2^-24 times the sum of its terms' sizes, however it was summed. So where two
ways choose different models and both are right, the exact scores of these models (computed here in
double precision, where products of two floats are exact) differ by no more than the bounds of both
together. Such a decision counts as *rounded*, any other difference as *wrong*."""
import json
import sys

import numpy

import peer

UNIT = 2.0 ** -24 * 1.01


def near(data, row, one, other):
    entries = slice(data.indptr[row], data.indptr[row + 1])
    pair = [one, other]
    weights = data.weights[data.indices[entries]][:, pair].astype(numpy.float64)
    terms = data.values[entries, None].astype(numpy.float64) * weights
    bias = data.bias[pair].astype(numpy.float64)
    scores = bias + terms.sum(axis=0)
    sizes = abs(bias) + abs(terms).sum(axis=0)
    return abs(scores[0] - scores[1]) <= (len(terms) + 2) * UNIT * sizes.sum()


def main():
    folder, decisions = sys.argv[1:]
    data = peer.Data(folder)
    expected = peer.Data.read(folder, "decisions.i16", numpy.int16)
    got = numpy.fromfile(decisions, numpy.int16)
    if len(got) != len(expected):
        print(json.dumps([0, len(expected)]))
        return
    rounded = wrong = 0
    for row in numpy.nonzero(got != expected)[0]:
        if 0 <= got[row] < data.models and near(data, row, got[row], expected[row]):
            rounded += 1
        else:
            wrong += 1
    print(json.dumps([rounded, wrong]))


main()
