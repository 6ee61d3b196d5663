#!/usr/bin/python3
"""`tagroute tag --normalise`, beside scikit-learn's DBSCAN, and on files that are not as they should be."""
import json
import random
import re
import warnings

import h5py
import numpy

import harness

try:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import sklearn.cluster
except ImportError:
    sklearn = None

SEED = 31415


def distances(vectors):
    vectors = vectors.astype(numpy.float64)
    length = numpy.linalg.norm(vectors, axis=1, keepdims=True)
    unit = vectors / numpy.where(length > 0, length, 1)
    return 1 - unit @ unit.T


def scatter(rng, count, components, centres, spread):
    """Vectors around some centres, near and far, of any length."""
    middle = rng.standard_normal((centres, components))
    far = spread * rng.choice([.5, 1, 1.3, 5], size=(count, 1), p=[.3, .4, .2, .1])
    vectors = middle[rng.integers(centres, size=count)] + far * rng.standard_normal((count, components))
    return (vectors * rng.uniform(.1, 10, size=(count, 1))).astype(numpy.float32)


def gap(vectors, wanted):
    """A distance near the one wanted that no pair has by a margin that rounding cannot cross."""
    near = numpy.unique(distances(vectors)[numpy.triu_indices(len(vectors), 1)])
    near = near[(near > wanted * .9) & (near < wanted * 1.1)]
    widest = numpy.argmax(numpy.diff(near))
    assert near[widest + 1] - near[widest] > 1e-5
    return float((near[widest] + near[widest + 1]) / 2)


class Normalise(harness.Scratch):
    def queries(self, counts, name="queries.h5", **more):
        """A query file in which each tag stands on one query, so many times."""
        self.write("log.jsonl", "".join(json.dumps({"tags": {tag: n}, **more}) + "\n" for tag, n in counts.items()))
        self.works("ingest", "log.jsonl", "-o", name, "--quiet")
        return name

    def embeddings(self, name, tags, vectors, **options):
        with h5py.File(self.path(name), "w") as file:
            file["tags"] = tags
            file.create_dataset("vectors", data=vectors, **options)
        return name

    def mapping(self, name):
        rows = [line.split("\t") for line in self.read(name).decode().splitlines() if not line.startswith("#")]
        return {tag: canonical for tag, canonical, *_ in rows}

    def normalise(self, *words, **options):
        done = self.works("tag", "--normalise", *words, "-o", "tags.tsv", **options)
        return self.mapping("tags.tsv"), done.stderr.decode()

    def test_clusters_are_those_of_scikit_learn(self):
        if sklearn is None:
            print("no python3-sklearn: not compared with it")
            return
        rng = numpy.random.default_rng(SEED)
        for count, components, spread, wanted, samples in ((700, 24, .25, .05, 2), (900, 100, .5, .14, 6),
                                                           (500, 768, .4, .1, 3), (64, 5, .3, .2, 4)):
            vectors = scatter(rng, count, components, 40, spread)
            tags = [f"tag{i:05d}x" for i in range(count)]
            counts = {tag: int(n) for tag, n in zip(tags, rng.integers(1, 50000, size=count))}
            eps = gap(vectors, wanted)
            self.queries(counts)
            self.embeddings("e.h5", tags, vectors)
            mapping, _ = self.normalise("queries.h5", "--embeddings", "e.h5", "--eps", str(eps), "--min-samples",
                                        str(samples), "--min-count", "1")
            # In tagroute's order, by which a border point goes to the cluster whose first core comes first.
            order = sorted(range(count), key=lambda i: (-counts[tags[i]], tags[i]))
            labels = sklearn.cluster.DBSCAN(eps=eps, min_samples=samples, metric="cosine").fit(vectors[order]).labels_
            names = {}
            for place, i in enumerate(order):
                name = names.setdefault(labels[place], tags[i]) if labels[place] >= 0 else tags[i]
                self.assertEqual(mapping[tags[i]], name, f"seed {SEED}, {count} tags, tag {i}")
            self.assertGreater(labels.max(), 2)
            self.assertIn(-1, labels)

    def test_embeddings_of_any_kind_give_the_same(self):
        rng = numpy.random.default_rng(SEED)
        vectors = scatter(rng, 150, 32, 12, .2).astype(numpy.float16).astype(numpy.float32)
        tags = [f"tag\u00e9 {i}x" for i in range(150)]
        self.queries({tag: 200 - i for i, tag in enumerate(tags)})
        words = ["queries.h5", "--embeddings", "e.h5", "--eps", str(gap(vectors, .04))]
        self.embeddings("e.h5", tags, vectors)
        expected = self.normalise(*words)[0]
        self.assertGreater(150, len(set(expected.values())))
        shuffled = list(rng.permutation(150))
        fixed = [tag.encode() for tag in tags]
        for kind in (lambda: self.embeddings("e.h5", tags, vectors.astype(numpy.float64)),
                     lambda: self.embeddings("e.h5", tags, vectors.astype(">f4")),
                     lambda: self.embeddings("e.h5", tags, vectors.astype(numpy.float16)),
                     lambda: self.embeddings("e.h5", tags, vectors, chunks=(7, 5), compression="gzip", shuffle=True),
                     lambda: self.embeddings("e.h5", numpy.array(fixed, dtype="S16"), vectors),
                     lambda: self.embeddings("e.h5", [tags[i] for i in shuffled] + ["one more"],
                                             numpy.vstack([vectors[shuffled], numpy.ones((1, 32), dtype="f4")]))):
            kind()
            self.assertEqual(self.normalise(*words)[0], expected)
        for changes in ({"TAGROUTE_ISA": "scalar"}, {"TAGROUTE_ISA": "avx2"}):
            if self.run_program("tag", "--normalise", *words, "-o", "tags.tsv", **changes).returncode == 0:
                self.assertEqual(self.mapping("tags.tsv"), expected)

    def test_tags_without_a_vector_stand_alone(self):
        self.queries({"aaaa": 9, "bbbb": 8, "cccc": 7, "Bbbbs": 6})
        self.embeddings("e.h5", ["aaaa", "Bbbbs", "unseen"], [[1, 0], [1, 0], [0, 1]])
        mapping, said = self.normalise("queries.h5", "--embeddings", "e.h5")
        self.assertEqual(mapping, {"aaaa": "aaaa", "bbbb": "aaaa", "Bbbbs": "aaaa", "cccc": "cccc"})
        self.assertIn("1 have no vector in the embeddings", said)

    def test_by_spelling(self):
        self.queries({"normalisation": 9, "Normalisations": 2, "normalization": 8, "tort": 7, "rare": 4,
                      "c": 6, "c++": 6, "tabs\tand\\": 5}, category="law")
        mapping, said = self.normalise("queries.h5", "--eps", "0.5")
        self.assertEqual(self.read("tags.tsv").decode(),
                         "# tag, its canonical tag (nothing: the tag is dropped), times seen; divided by tabs\n"
                         "normalisation\tnormalisation\t9\nnormalization\tnormalisation\t8\n"
                         "Normalisations\tnormalisation\t2\ntort\ttort\t7\nc\tc\t6\nc++\tc++\t6\n"
                         "tabs\\tand\\\\\ttabs\\tand\\\\\t5\nrare\t\t4\n")
        self.assertIn("5 canonical tags of 8", said)
        one = self.read("tags.tsv")
        for words in (["-j", "1"], ["-j", "5", "--memory", "1M"]):
            self.normalise("queries.h5", "--eps", "0.5", *words)
            self.assertEqual(self.read("tags.tsv"), one)

    def test_several_files_splits_and_categories(self):
        self.write("a.jsonl", '{"tags":["law","law"],"category":"x","split":"train"}\n{"tags":["Law"],"split":"test"}\n')
        self.write("b.jsonl", '{"tags":{"tort":2.5,"law":1},"split":"train"}\n')
        self.works("ingest", "a.jsonl", "-o", "a.h5", "--category-tag")
        self.works("ingest", "b.jsonl", "-o", "b.h5")
        self.normalise("a.h5", "b.h5", "--min-count", "0")
        self.assertEqual(self.read("tags.tsv").decode().splitlines()[1:],
                         ["law\tlaw\t3", "Law\tlaw\t1", "tort\ttort\t2.5"])
        self.normalise("a.h5", "b.h5", "--split", "test", "--min-count", "0")
        self.assertEqual(self.read("tags.tsv").decode().splitlines()[1:], ["Law\tLaw\t1"])

    def test_logs_and_routers_as_they_are(self):
        rng = random.Random(SEED)
        names = [f"{word} {kind}" for word in ("tax", "Tax", "criminal", "civil") for kind in ("law", "laws", "code")]
        for name in ("a", "b"):
            self.write(name + ".jsonl", harness.jsonl(
                {"id": f"{name}{i}", "tags": {rng.choice(names): rng.choice([1, 7, .37, 2.625]) for _ in range(rng.randrange(5))},
                 "category": "x", "split": rng.choice(["train", "test"]),
                 "models": {"one": {"score": rng.random(), "cost": 1}, "two": {"score": rng.random(), "cost": 2}}}
                for i in range(400)))
            self.works("ingest", name + ".jsonl", "-o", name + ".h5", "--category-tag")
        for words in ([], ["--split", "train"], ["--min-count", "40"]):
            self.normalise("a.h5", "b.h5", *words)
            expected = self.read("tags.tsv")
            for inputs in (["a.jsonl", "b.jsonl"], ["b.jsonl", "a.h5"], ["-", "b.h5"]):
                self.normalise(*inputs, *words, "-j", "3", stdin=self.read("a.jsonl"))
                self.assertEqual(self.read("tags.tsv"), expected, (inputs, words))
        self.works("fit", "a.h5", "-o", "r.msgpack", "--reference", "two", "--min-count", "0", "--split", "")
        self.normalise("a.h5")
        expected = self.read("tags.tsv")
        self.normalise("r.msgpack")
        self.assertEqual(self.read("tags.tsv"), expected)
        self.write("text.jsonl", '{"text":"no tags here"}\n')
        self.assertIn("text.jsonl: has no tags; texts get theirs", self.fails(3, "tag", "--normalise", "text.jsonl", "-o", "t"))
        self.write("bad.jsonl", "no json\n" * 9)
        self.assertIn("bad.jsonl", self.fails(3, "tag", "--normalise", "bad.jsonl", "-o", "t"))

    def test_an_edited_mapping_stays(self):
        self.queries({"tort": 9, "torts": 8, "contract": 7, "contrakt": 6, "rare": 1})
        mapping, _ = self.normalise("queries.h5")
        self.assertEqual(mapping["torts"], "tort")
        text = self.read("tags.tsv").decode().replace("rare\t\t", "rare\ttort\t").replace("torts\ttort", "torts\ttorts")
        self.write("edited.tsv", text.replace("\n", "\r\n"))
        self.queries({"Torts": 3, "contracts": 9, "contraktt": 9, "new tag": 7, "new-tags": 1})
        mapping, said = self.normalise("queries.h5", "--mapping", "edited.tsv", "--align-min", "0.6")
        self.assertEqual(mapping, {"tort": "tort", "rare": "tort", "torts": "torts", "Torts": "tort",
                                   "contract": "contract", "contracts": "contract", "contrakt": "contrakt",
                                   "contraktt": "contrakt", "new tag": "new tag", "new-tags": "new tag"})
        self.assertIn("3 joined the mapping given", said)
        mapping, _ = self.normalise("queries.h5", "--mapping", "edited.tsv", "--align-min", "off")
        self.assertEqual(mapping["contraktt"], "contraktt")

    def test_wrong_mappings(self):
        self.queries({"tort": 9})
        for text, message in (("tort\tlaw\n", "w.tsv: line 1: 'tort' becomes 'law', which has no line of its own"),
                              ("a\tb\nb\ta\n", "w.tsv: line 1: 'a' becomes 'b', which becomes 'a'"),
                              ("a\ta\na\ta\n", "w.tsv: line 2: 'a' has a line already, line 1"),
                              ("a\n", "w.tsv: line 1: there is no tab"),
                              (b"\x89HDF\r\n\x1a\n", "w.tsv: this is an HDF5 file"),
                              (b"a\ta\n\xff\t\n", "w.tsv: line 2: what stands here is not UTF-8")):
            self.write("w.tsv", text)
            self.assertIn(message, self.fails(3, "tag", "--normalise", "queries.h5", "-o", "t", "--mapping", "w.tsv"))
        self.assertIn("none.tsv", self.fails(1, "tag", "--normalise", "queries.h5", "-o", "t", "--mapping", "none.tsv"))
        self.assertNotIn("t", self.names())

    def test_wrong_embeddings(self):
        self.queries({"tort": 9, "law": 9})
        good = numpy.ones((2, 4), dtype="f4")
        bad = good.copy()
        bad[1, 2] = numpy.nan

        def write(**members):
            with h5py.File(self.path("e.h5"), "w") as file:
                for name, value in members.items():
                    file[name] = value
        for members, message in (
                ({"vectors": good}, "it has no dataset 'tags'"),
                ({"tags": ["tort", "law"]}, "it has no dataset 'vectors'"),
                ({"tags": ["tort"], "vectors": good}, "/vectors has 2 rows, not 1"),
                ({"tags": ["tort", "law"], "vectors": good[0]}, "/vectors has 1 dimensions, not 2"),
                ({"tags": ["tort", "tort"], "vectors": good}, "the tag 'tort' stands twice in /tags"),
                ({"tags": ["tort", "law"], "vectors": bad}, "the vector of 'law', row 1, holds a number that is not"),
                ({"tags": ["tort", "law"], "vectors": good.astype("f8") * 1e300}, "row 0, holds a number that is not"),
                ({"tags": ["tort", "law"], "vectors": numpy.zeros((2, 0))}, "'vectors' has 0 numbers for each tag"),
                ({"tags": ["tort", "law"], "vectors": numpy.zeros((2, 16385), dtype="i1")}, "has 16385 numbers"),
                ({"tags": [1, 2], "vectors": good}, "'tags' holds no strings"),
                ({"tags": ["tort", "law"], "vectors": [["a"], ["b"]]}, "'vectors' holds no numbers"),
                ({"tags": ["other", "one"], "vectors": good}, "it has a vector for none of the tags"),
                ({"tags": h5py.ExternalLink("x.h5", "/tags"), "vectors": good}, "e.h5")):
            write(**members)
            self.assertIn(message, self.fails(3, "tag", "--normalise", "queries.h5", "-o", "t", "--embeddings", "e.h5"))
        self.write("e.h5", "no HDF5")
        self.fails(3, "tag", "--normalise", "queries.h5", "-o", "t", "--embeddings", "e.h5")
        self.assertNotIn("t", self.names())

    def test_damaged_embeddings(self):
        self.queries({f"tag{i}x": 9 for i in range(50)})
        self.embeddings("good.h5", [f"tag{i}x" for i in range(50)], numpy.eye(50, dtype="f4"), chunks=(10, 50),
                        compression="gzip")
        good, rng = self.read("good.h5"), random.Random(SEED)
        for _ in range(12):
            bad = bytearray(good)
            for _ in range(rng.choice([1, 4, 20])):
                bad[rng.randrange(len(bad))] = rng.randrange(256)
            self.write("e.h5", bytes(bad[:rng.choice([len(bad), rng.randrange(len(bad))])]))
            done = self.run_program("tag", "--normalise", "queries.h5", "-o", "t", "--embeddings", "e.h5")
            self.assertIn(done.returncode, (0, 3), done.stderr)
            self.assertEqual(len(done.stderr.splitlines()) == 1, done.returncode == 3, done.stderr)

    def test_wrong_usage(self):
        self.queries({"tort": 9})
        for words, message in ((["--eps", "3"], "--eps"), (["--eps", "-1"], "--eps"), (["--min-samples", "0"], "--min-samples"),
                               (["--min-count", "-2"], "--min-count"), (["--align-min", "0.9"], "give --mapping, too"),
                               (["--mapping", "m", "--align-min", "0"], "above 0, up to 1"),
                               (["--mapping", "m", "--align-min", "1.5"], "above 0, up to 1"),
                               (["--ngrams", "2"], "--ngrams does not go with --normalise"),
                               (["--learn"], "one thing at a time")):
            self.assertIn(message, self.fails(2, "tag", "--normalise", "queries.h5", "-o", "t", *words))
        self.assertIn("--output", self.fails(2, "tag", "--normalise", "queries.h5"))
        self.assertIn("standard output", self.fails(2, "tag", "--normalise", "queries.h5", "-o", "-"))
        self.fails(1, "tag", "--normalise", "none.jsonl", "-o", "t")
        self.assertNotIn("t", self.names())


class Apply(harness.Scratch):
    """`ingest --normalise`, and routers that carry a mapping."""

    TABLE = "law\tlaw\nlaws\tlaw\nlegal matter\tlaw\ntort\ttort\nnormalisation\tnormalisation\nspam\t\n"

    def rows(self, name):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import anndata
            data = anndata.read_h5ad(self.path(name))
        dense = data.X.toarray()
        return [{tag: value for tag, value in zip(data.var_names, row) if value} for row in dense.tolist()]

    def log(self, name, rows, **more):
        return self.write(name, "".join(json.dumps({"tags": row, **more}) + "\n" for row in rows))

    def router(self):
        self.write("map.tsv", self.TABLE)
        self.write("train.jsonl", harness.jsonl({**record, "tags": {"laws" if i % 2 else "tort": 2, "Spam": 1}}
                                                for i, record in enumerate(harness.records())))
        self.works("ingest", "train.jsonl", "--normalise", "map.tsv", "--align-min", "0.6", "-o", "train.h5")
        self.works("fit", "train.h5", "-o", "r.msgpack", "--min-count", "1")

    def test_rows_are_mapped(self):
        self.write("map.tsv", self.TABLE)
        self.log("log.jsonl", [["laws", "law", "Laws", "tort"], {"legal matter": 2, "law": 3, "spam": 9}, ["spams"],
                               {"normalization": 1.5, "normalisation": 1}, ["other", "Other"], {"law": 1.5, "laws": -1.5}],
                 category="law")
        done = self.works("ingest", "log.jsonl", "--normalise", "map.tsv", "--align-min", "0.6", "-o", "q.h5",
                          "--category-tag")
        self.assertEqual(self.rows("q.h5"), [
            {"law": 3, "tort": 1, "cat:law": 1}, {"law": 5, "cat:law": 1}, {"cat:law": 1},
            {"normalisation": 2.5, "cat:law": 1}, {"other": 1, "Other": 1, "cat:law": 1}, {"cat:law": 1}])
        self.assertIn("8 in the mapping, 1 brought to it by rule, 1 to the nearest, 2 stay as they are, 2 dropped",
                      done.stderr.decode())
        self.works("ingest", "log.jsonl", "--normalise", "map.tsv", "--align-min", "off", "-o", "q.h5")
        self.assertEqual(self.rows("q.h5")[3], {"normalization": 1.5, "normalisation": 1})

    def test_random_rows(self):
        """Against a plain dictionary; for any number of threads."""
        rng = random.Random(SEED)
        tags = [f"tag{i:03d}x" for i in range(300)]
        table = {tag: tag for tag in tags[:100]}
        table.update((tag, rng.choice([*tags[:100], ""])) for tag in tags[100:250])
        self.write("map.tsv", "".join(f"{tag}\t{becomes}\n" for tag, becomes in table.items()))
        rows = [{rng.choice(tags): rng.randrange(1, 9) for _ in range(rng.randrange(1, 8))} for _ in range(6000)]
        self.log("log.jsonl", rows, text="x" * 300)
        words = ["ingest", "log.jsonl", "--normalise", "map.tsv", "--align-min", "off", "--no-text", "-o"]
        self.works(*words, "q.h5", "-j", "1")
        expected = []
        for row in rows:
            mapped = {}
            for tag, value in row.items():
                tag = table.get(tag, tag)
                mapped[tag] = mapped.get(tag, 0) + value
            mapped.pop("", None)
            expected.append(mapped)
        self.assertEqual(self.rows("q.h5"), expected)
        self.works(*words, "q5.h5", "-j", "5")
        self.assertEqual(self.read("q.h5"), self.read("q5.h5"))

    def test_the_router_carries_it(self):
        import msgpack
        self.router()
        router = msgpack.unpackb(self.read("r.msgpack"))
        self.assertEqual(router["tags"], ["law", "tort"])
        self.assertEqual(router["tagger"]["normalisation"], {
            "align_min": 0.6, "tags": {"law": "law", "laws": "law", "legal matter": "law", "tort": "tort",
                                       "normalisation": "normalisation", "spam": None}})
        self.assertEqual(json.loads(self.works("info", "r.msgpack", "--json").stdout)["tagger"]["normalisation"],
                         {"tags": 6, "canonical": 3, "dropped": 1, "align_min": .6})
        self.assertIn("of 6 tags to 3, 1 dropped; others by rule, or to the nearest from likeness 0.6",
                      self.works("info", "r.msgpack").stdout.decode())
        self.log("log.jsonl", [["Legal-Matters", "torts"], ["lawz"]])
        done = self.works("ingest", "log.jsonl", "-r", "r.msgpack", "-o", "q.h5")
        self.assertIn("0 in the mapping, 2 brought to it by rule", done.stderr.decode())
        self.assertEqual(self.rows("q.h5")[0], {"law": 1, "tort": 1})
        self.works("route", "q.h5", "-r", "r.msgpack", "-o", "d.jsonl")
        self.write("other.tsv", "law\t\n")
        self.works("ingest", "log.jsonl", "--normalise", "other.tsv", "-o", "other.h5")
        self.assertIn("was tagged in another way", self.fails(3, "route", "other.h5", "-r", "r.msgpack", "-o", "d.h5"))

    def spelt(self, rng, tag):
        """A tag as another log might have it."""
        return rng.choice([tag, tag, tag.upper(), tag + "s", tag.replace(" ", "-"), tag[:-1] + tag[-1] * 2, "odd" + tag[:4]])

    def varied_log(self, name, queries, seed, weights=False):
        """Judged queries with tags in many spellings, of which a row may have several of one tag."""
        rng = random.Random(seed)
        names = [f"{a} {b}" for a in ("contract", "criminal", "constitutional", "civil") for b in ("law", "code", "matter")]
        records = []
        for i in range(queries):
            tags = {self.spelt(rng, rng.choice(names[:4 + i % 9])): rng.choice([.5, 1.25, 3]) if weights
                    else rng.randrange(1, 90) for _ in range(rng.randrange(0, 9))}
            records.append({"id": f"q{i}", "tags": tags, "category": rng.choice("xy"), "prompt_tokens": rng.randrange(9, 99),
                            "models": {m: {"score": round(rng.random(), 2), "cost": round(rng.random() / 50, 4)}
                                       for m in ("small", "middle", "large")}})
        self.write(name, harness.jsonl(records))
        return names

    def varied_router(self, name, seed, *words, ingest=()):
        names = self.varied_log("train.jsonl", 900, seed)
        self.write("map.tsv", "".join(f"{tag}\t{tag}\n" for tag in names[1:]) + f"{names[0]}\t{names[3]}\ncivil laws\t\n")
        self.works("ingest", "train.jsonl", *ingest, "-o", "train.h5")
        self.works("fit", "train.h5", "-o", name, "--min-count", "2", "--reference", "large", *words)
        return names

    def same_decisions(self, one, other, router, *words):
        for policy in (["--theta", "-0.05:0.05:0.02"], ["--lambda", "0:3:1"], ["--tau", "0,0.01", "--fallback", "small"]):
            done = self.works("route", one, "-r", router, "-o", "one.jsonl", *policy, *words)
            self.works("route", other, "-r", router, "-o", "other.jsonl", *policy)
            self.assertEqual(self.read("one.jsonl"), self.read("other.jsonl"), (one, other, router, policy))
        return done.stderr.decode()

    def test_route_aligns_what_ingest_did_not(self):
        """To the bit: scores of rows whose columns become one, in the router's order."""
        mapped = ["--normalise", "map.tsv", "--align-min", "0.7"]
        for seed, more, category, weights in ((1, ["--scorer", "paper"], [], False),
                                              (2, ["--scorer", "bayes"], ["--category-tag"], False),
                                              (3, ["--scorer", "ridge", "--count", "log"], [], False),
                                              (4, ["--scorer", "paper"], ["--category-tag"], True)):
            self.varied_router("r.msgpack", seed, *more, ingest=mapped + category)
            self.varied_log("log.jsonl", 700, seed + 50, weights)
            self.works("ingest", "log.jsonl", *category, "-o", "plain.h5")
            self.works("ingest", "log.jsonl", "-r", "r.msgpack", "-o", "given.h5")
            self.assertNotEqual(self.rows("plain.h5")[:50], self.rows("given.h5")[:50])
            said = self.same_decisions("plain.h5", "given.h5", "r.msgpack")
            self.assertRegex(said, r"plain.h5: of its tags, [1-9]\d* are those of the router as they are, [1-9]\d* by rule, "
                                   r"[1-9]\d* by the nearest, [1-9]\d* stay as they are, [1-9]\d* are dropped")
        done = self.works("route", "plain.h5", "plain.h5", "-r", "r.msgpack", "-o", "two.jsonl", "-j", "3", "--memory", "1M",
                          "--json", "-")
        tags = json.loads(done.stdout)["tags"]
        counts = [2 * int(n) for n in re.findall(r"\d+", said.split("plain.h5: of its tags, ")[1].split("\n")[0])]
        kinds = ("exactly", "by_rule", "nearest", "not_aligned", "dropped")
        self.assertEqual(tags["aligned"], {"files": 2, **dict(zip(kinds, counts))})
        self.assertIn("  tags of 2 files: %d those of the router as they are, %d by rule, %d by the nearest, %d stay as they "
                      "are, %d dropped\n" % tuple(counts), done.stderr.decode())
        self.works("route", "plain.h5", "-r", "r.msgpack", "-o", "one.jsonl", "-j", "1")
        self.assertEqual(self.read("two.jsonl"), 2 * self.read("one.jsonl"))

    def test_simulate_aligns_as_route_does(self):
        self.varied_router("r.msgpack", 4, ingest=["--normalise", "map.tsv"])
        self.varied_log("log.jsonl", 500, 5)
        self.works("ingest", "log.jsonl", "-o", "plain.h5")
        self.works("ingest", "log.jsonl", "-r", "r.msgpack", "-o", "given.h5")
        found = {}
        for name in ("plain.h5", "given.h5"):
            words = ["simulate", name, "-r", "r.msgpack", "--json", "-"]
            found[name] = json.loads(self.works(*words, "--by", "category", "--bootstrap", "20", "--predictions").stdout)
            found[name, "goal"] = json.loads(self.works(*words, "--target-share", "large=0.5").stdout)
            for one in (found[name], found[name, "goal"]):
                one["origin"].pop("files")
        aligned = found["plain.h5"]["origin"].pop("aligned")
        self.assertEqual(found["plain.h5", "goal"]["origin"].pop("aligned"), aligned)
        self.assertEqual(aligned["files"], 1)
        self.assertGreater(min(aligned.values()), 0)
        self.assertEqual(found["plain.h5"], found["given.h5"])
        self.assertEqual(found["plain.h5", "goal"], found["given.h5", "goal"])
        self.assertIn("leave align_min to the router", self.fails(2, "simulate", "plain.h5", "-r", "r.msgpack", "--align-min",
                                                                  "0.5", "--shard", "1/2", "--partial", "p"))

    def test_explain_shows_what_route_decides(self):
        self.varied_router("r.msgpack", 11, ingest=["--normalise", "map.tsv"])
        self.varied_log("log.jsonl", 60, 12)
        self.works("ingest", "log.jsonl", "-o", "plain.h5")
        self.works("ingest", "log.jsonl", "-r", "r.msgpack", "-o", "given.h5")
        known = 0
        for words in (["--row", "7"], ["--row", "8"], ["--row", "9"], ["--id", "q33"], ["--top", "5"]):
            one, other = (self.works("explain", name, "-r", "r.msgpack", "--json", *words).stdout
                          for name in ("plain.h5", "given.h5"))
            one, other = (json.loads(text) for text in (one, other))
            if "tags" in one and "--top" not in words:  # those that the router does not know come in any order
                one["tags"], other["tags"] = ([tag for tag in found["tags"] if tag["known"]] for found in (one, other))
                known += len(one["tags"])
            self.assertEqual(one, other)
        self.assertGreater(known, 3)

    def test_a_router_without_a_mapping_aligns_to_its_tags(self):
        import msgpack
        self.varied_router("r.msgpack", 6, "--min-count", "40")
        self.varied_log("log.jsonl", 500, 7)
        self.works("ingest", "log.jsonl", "-o", "plain.h5")
        tags = msgpack.unpackb(self.read("r.msgpack"))["tags"]
        self.write("own.tsv", "".join(f"{tag}\t{tag}\n" for tag in tags))
        self.works("ingest", "log.jsonl", "--normalise", "own.tsv", "--align-min", "0.6", "-o", "own.h5")
        records = [json.loads(line) for line in self.read("log.jsonl").splitlines()]
        self.write("own.jsonl", harness.jsonl({**record, "tags": row} for record, row in zip(records, self.rows("own.h5"))))
        self.works("ingest", "own.jsonl", "-r", "r.msgpack", "-o", "given.h5")
        self.same_decisions("plain.h5", "given.h5", "r.msgpack", "--align-min", "0.6")
        self.works("route", "plain.h5", "-r", "r.msgpack", "-o", "d.jsonl")
        self.assertNotEqual(self.read("d.jsonl"), self.read("one.jsonl"))
        for wrong in ("0", "1.5", "x"):
            self.assertIn("align-min", self.fails(2, "route", "plain.h5", "-r", "r.msgpack", "-o", "d", "--align-min", wrong))

    def test_other_thresholds_than_the_router_says(self):
        self.varied_router("r.msgpack", 8, "--min-count", "800", ingest=["--normalise", "map.tsv", "--align-min", "off"])
        self.varied_log("log.jsonl", 200, 9)
        self.works("ingest", "log.jsonl", "-r", "r.msgpack", "-o", "given.h5")
        self.works("ingest", "log.jsonl", "-o", "plain.h5")
        self.assertIn(", 0 by the nearest", self.same_decisions("plain.h5", "given.h5", "r.msgpack"))
        done = self.works("route", "plain.h5", "-r", "r.msgpack", "-o", "d.jsonl", "--align-min", "0.5")
        self.assertNotIn(", 0 by the nearest", done.stderr.decode())

    def test_counts_add_up_to_the_most(self):
        self.varied_router("r.msgpack", 10, ingest=["--normalise", "map.tsv"])
        models = {m: {"score": 1, "cost": 1} for m in ("small", "middle", "large")}
        for name, tags in (("a", {"civil code": 65535, "Civil Code": 65535}), ("b", {"civil code": 65535})):
            self.write(name, harness.jsonl([{"id": "q", "tags": tags, "models": models}]))
            self.works("ingest", name, "-o", name + ".h5")
        self.same_decisions("a.h5", "b.h5", "r.msgpack")

    def test_texts_tagged_by_a_vocabulary_go_through_it(self):
        self.write("text.jsonl", "".join(json.dumps({"text": text}) + "\n" for text in
                                         ["the laws and the law", "a tort or torts", "spam spam", "tango words"] * 5))
        self.works("tag", "--learn", "text.jsonl", "-o", "v", "--ngrams", "1", "--min-queries", "1", "--max-share", "1")
        self.write("map.tsv", self.TABLE)
        done = self.works("ingest", "text.jsonl", "--vocab", "v", "--normalise", "map.tsv", "-o", "q.h5")
        self.assertEqual(self.rows("q.h5")[:4], [{"law": 2}, {"tort": 2}, {}, {"tango": 1, "words": 1}])
        self.assertIn("15 in the mapping, 5 brought to it by rule, 0 to the nearest, 10 stay as they are, 5 dropped",
                      done.stderr.decode())

    def test_routers_with_a_wrong_mapping(self):
        import msgpack
        self.router()
        self.log("log.jsonl", [["law"]])
        good = msgpack.unpackb(self.read("r.msgpack"))
        for change, message in (
                ({"tags": {"a": "b", "b": "a"}}, "'a' becomes 'b', which becomes 'a'"),
                ({"tags": {"a": "b"}}, "becomes 'b', which it lacks"),
                ({"tags": {"a": 7}}, "neither text nor nil"), ({"tags": {7: "a"}}, "is not text"),
                ({"tags": ["a"]}, "a map"), ({}, "tags"), ({"tags": {}, "align_min": -1}, "above 0, up to 1"),
                ({"tags": {}, "align_min": "x"}, "align_min"), ({"tags": {}, "more": 1}, "unknown key")):
            router = {**good, "tagger": {**good["tagger"], "normalisation": change}}
            del router["digest"], router["tagger"]["digest"]
            self.write("bad.msgpack", msgpack.packb(router))
            self.assertIn(message, self.fails(3, "ingest", "log.jsonl", "-r", "bad.msgpack", "-o", "q.h5"))
        self.assertNotIn("q.h5", self.names())

    def test_wrong_ways_to_ask(self):
        self.router()
        self.log("log.jsonl", [["law"]])
        for words, message in ((["-r", "r.msgpack", "--normalise", "map.tsv"], "leave out the mapping"),
                               (["--align-min", "0.9"], "give --normalise, too"),
                               (["--normalise", "map.tsv", "--align-min", "7"], "above 0, up to 1")):
            self.assertIn(message, self.fails(2, "ingest", "log.jsonl", "-o", "q.h5", *words))
        self.write("map.tsv", "a\tb\n")
        self.assertIn("map.tsv: line 1", self.fails(3, "ingest", "log.jsonl", "-o", "q.h5", "--normalise", "map.tsv"))
        self.assertNotIn("q.h5", self.names())


if __name__ == "__main__":
    harness.main()
