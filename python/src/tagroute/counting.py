"""Tags of queries as lists or maps, counted into the rows that `route` takes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import scipy.sparse


def count_tags(
    queries: Iterable[Mapping[str, float] | Iterable[str] | None], tags: Sequence[str]
) -> scipy.sparse.csr_matrix:
    """Tag counts, queries x tags, as `ingest` counts them: a list counts each tag as often as it
    stands, a map says how often. Tags that are not among `tags` are left out; with a router's own
    tags that changes no score, as it has none for others. None is a query without tags.

    The values are uint8, uint16 or float32, whichever holds them all.
    """
    place = {tag: column for column, tag in enumerate(tags)}
    indptr, indices, values = [0], [], []
    for query in queries:
        counted: dict[int, float] = {}
        listed = () if query is None else query
        pairs = listed.items() if isinstance(listed, Mapping) else ((tag, 1) for tag in listed)
        for tag, count in pairs:
            column = place.get(tag)
            if column is not None:
                counted[column] = counted.get(column, 0) + count
        for column in sorted(counted):
            indices.append(column)
            values.append(counted[column])
        indptr.append(len(indices))
    data = np.array(values, np.float64)
    whole = bool((data == np.floor(data)).all() and (data >= 0).all())
    largest = data.max(initial=0)
    dtype = np.float32 if not whole or largest > 65535 else np.uint16 if largest > 255 else np.uint8
    return scipy.sparse.csr_matrix(
        (data.astype(dtype), np.array(indices, np.int32), np.array(indptr, np.int64)),
        shape=(len(indptr) - 1, len(tags)),
    )
