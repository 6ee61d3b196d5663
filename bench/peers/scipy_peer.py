"""SciPy: blocks of rows in CSR times a dense matrix, then NumPy's argmax; a thread a block."""
from concurrent.futures import ThreadPoolExecutor

import numpy
import scipy
import scipy.sparse

import peer


def blocks_of(data):
    for first, last, begin, end in data.blocks():
        starts = (data.indptr[first:last + 1] - begin).astype(numpy.int32)
        yield first, last, scipy.sparse.csr_matrix(
            (data.values[begin:end], data.indices[begin:end], starts),
            shape=(last - first, len(data.weights)))


def prepare(data, threads):
    blocks = list(blocks_of(data))
    biased = bool(data.bias.any())
    pool = ThreadPoolExecutor(threads)

    def score_block(block):
        scores = block[2] @ data.weights
        if biased:
            scores += data.bias
        return scores

    def decide_block(block):
        data.decision[block[0]:block[1]] = score_block(block).argmax(axis=1)

    def over_all(work):
        for _ in map(work, blocks) if threads == 1 else pool.map(work, blocks):
            pass

    def score():
        over_all(lambda block: score_block(block) is None)

    return lambda: over_all(decide_block), score


peer.main(scipy.__version__, prepare)
