#!/usr/bin/python3
"""tag --normalise beside scikit-learn's DBSCAN, on the same vectors.

    bench/dbscan_peer.py BUILD/tagroute [tags [components [runs [eps [min_samples]]]]]

Makes a query file of so many tags (14,352 unless given) and, around a ninth as many centres, a vector of so
many components (768) for each, in an HDF5 file. Each program reads the vectors from there and clusters them
by cosine distance; tagroute also reads the query file and writes the mapping. Whole process against whole
process, in turn, both with all processors that there are: the ratio of each round, then the median of the
rounds. Beside it scikit-learn's call alone, without starting Python and reading. The clusters are compared."""
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time


def make(folder, count, components):
    import h5py
    import numpy
    rng = numpy.random.default_rng(20251126)
    middle = rng.standard_normal((max(1, count // 9), components), dtype=numpy.float32)
    spread = rng.choice(numpy.float32([.2, .35, .5, 2]), size=(count, 1), p=[.3, .3, .3, .1])
    vectors = middle[rng.integers(len(middle), size=count)]
    vectors += spread * rng.standard_normal((count, components), dtype=numpy.float32)
    names = [f"tag{i:07d}x" for i in range(count)]
    with h5py.File(os.path.join(folder, "e.h5"), "w") as file:
        file["tags"] = names
        file["vectors"] = vectors
    # As often as puts them in the order of the file, in which scikit-learn numbers its clusters.
    with open(os.path.join(folder, "log.jsonl"), "w") as log:
        for i, name in enumerate(names):
            log.write('{"tags":{"%s":%d}}\n' % (name, min(65535, count + 5 - i)))


def peer(path, eps, samples, output):
    import h5py
    import numpy
    import sklearn.cluster
    with h5py.File(path, "r") as file:
        vectors = file["vectors"][:]
        file["tags"][:]
    begin = time.monotonic()
    model = sklearn.cluster.DBSCAN(eps=eps, min_samples=samples, metric="cosine", n_jobs=-1).fit(vectors)
    print(time.monotonic() - begin)
    numpy.save(output, model.labels_)


def processor_time():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def seconds(words):
    """By the clock, and of the processor; what it printed."""
    begin, used = time.monotonic(), processor_time()
    done = subprocess.run(words, check=True, stdout=subprocess.PIPE)
    return time.monotonic() - begin, processor_time() - used, done.stdout


def line(name, ours, theirs):
    ratio = statistics.median(b / a for a, b in zip(ours, theirs))
    return (f"  {name}: tagroute {statistics.median(ours):.2f} s ({min(ours):.2f} to {max(ours):.2f}), scikit-learn "
            f"{statistics.median(theirs):.2f} s ({min(theirs):.2f} to {max(theirs):.2f}): {ratio:.1f} times as fast")


def compare(folder):
    """How many tags are not where scikit-learn has them, and how many clusters and tags apart there are."""
    import numpy
    labels = numpy.load(os.path.join(folder, "labels.npy"))
    mapping = {}
    with open(os.path.join(folder, "tags.tsv")) as file:
        for line in file:
            if not line.startswith("#"):
                tag, canonical, _ = line.split("\t")
                mapping[int(tag[3:-1])] = int(canonical[3:-1])
    first = {}
    different = 0
    for i, label in enumerate(labels):
        expected = i if label < 0 else first.setdefault(label, i)
        different += mapping[i] != expected
    return different, len(first), int((labels < 0).sum())


def main():
    if sys.argv[1] == "--peer":
        peer(sys.argv[2], float(sys.argv[3]), int(sys.argv[4]), sys.argv[5])
        return
    program = os.path.abspath(sys.argv[1])
    given = [*sys.argv[2:], *["14352", "768", "5", "0.15", "2"][len(sys.argv) - 2:]]
    count, components, runs, eps, samples = int(given[0]), int(given[1]), int(given[2]), given[3], given[4]
    with tempfile.TemporaryDirectory() as folder:
        def at(name):
            return os.path.join(folder, name)
        make(folder, count, components)
        subprocess.run([program, "ingest", at("log.jsonl"), "-o", at("q.h5"), "-q"], check=True)
        ours, peers, calls, our_work, peer_work = [], [], [], [], []
        for _ in range(runs):
            whole, work, _ = seconds([program, "tag", "--normalise", at("q.h5"), "--embeddings", at("e.h5"), "--eps", eps,
                                      "--min-samples", samples, "--min-count", "0", "-o", at("tags.tsv"), "-q"])
            ours.append(whole)
            our_work.append(work)
            whole, work, said = seconds([sys.executable, __file__, "--peer", at("e.h5"), eps, samples, at("labels.npy")])
            peers.append(whole)
            peer_work.append(work)
            calls.append(float(said))
        different, clusters, alone = compare(folder)
    print(f"{count} tags, {components} components, eps {eps}, min_samples {samples}: {clusters} clusters, {alone} alone; "
          f"{different} tags elsewhere than scikit-learn has them")
    print(line("whole processes", ours, peers))
    print(line("their processor time", our_work, peer_work))
    print(line("whole process against its call alone", ours, calls))


if __name__ == "__main__":
    main()
