#!/usr/bin/python3
"""`tagroute tag`, beside a plain tagger in Python."""
import collections
import json
import os
import random
import sys

import anndata
import msgpack

import harness

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import plain_tagger

SCRIPTS = [
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789",
    "\u00e0\u00e9\u00ee\u00f5\u00fc\u00df\u00c5\u00d8\u0130\u0131\u017f\u01c4\ufb01\ufb03\u2160\u00bd\u00aa\u212b",
    "\u0391\u03b1\u03a3\u03c3\u03c2\u0390", "\u0416\u0436\u0419\u0439\u0451\u0404",
    "\u05d0\u05d1\u05e9\u05c1", "\u0627\u0644\u0639\u0631\u0628\u064a\u0629\u0660",
    "\u0915\u0915\u094d\u0937\u093f", "\uac00\ub098\ub2e4\u1100\u1161\u11a8", "\u4e2d\u6587\u6587\u5b57\u5904\u7406\u4e00",
    "\u65e5\u672c\u8a9e\u306e\u30c6\u30ad\u30b9\u30c8\u30fc\uff76\uff9e\u304b\u3099", "\u0e20\u0e32\u0e29\u0e32\u0e44\u0e17\u0e22",
    "\U0001d400\U0001d7ce\U00010400\U00020000",
]
BETWEEN = [" ", " ", " ", "\n", ", ", ". ", "'", "\u2019", "-", "\u2014", "\u3002", "\U0001f600", "\u00a0", "", ""]
MARKS = "\u0301\u0308\u0323\u200d\u200b\u00ad\u202e\u2066\ufe0f\u20dd"


def strange_text(rng):
    """Words of all scripts, with marks and controls where nobody expects them."""
    parts = []
    for _ in range(rng.randrange(1, 30)):
        letters = rng.choice(SCRIPTS)
        word = "".join(rng.choice(letters) for _ in range(rng.choice([1, 2, 3, 5, 8, 63, 64, 65, 70])
                                                          if rng.random() < .2 else rng.randrange(1, 4)))
        if rng.random() < .3:
            at = rng.randrange(len(word) + 1)
            word = word[:at] + rng.choice(MARKS) * rng.choice([1, 1, 2, 9, 40]) + word[at:]
        parts += [word, rng.choice(BETWEEN)]
    return "".join(parts)


def plain_vocabulary(texts, ngrams, stop_words, min_queries=5, max_share=.5, association=1, most=None):
    queries = collections.Counter()
    for text in texts:
        queries.update(set(plain_tagger.phrases(text, ngrams, stop_words)))

    def together(phrase, count):
        words = phrase.split(" ")
        return all(count * len(texts) >= association * queries[" ".join(words[:cut])] * queries[" ".join(words[cut:])]
                   for cut in range(1, len(words)))
    kept = [(-count, phrase.encode()) for phrase, count in queries.items()
            if count >= min_queries and count <= max_share * len(texts) and together(phrase, count)]
    return [(phrase.decode(), -count) for count, phrase in sorted(kept)[:most]]


class Tag(harness.Scratch):
    def log(self, name, texts, **more):
        return self.write(name, "".join(json.dumps({"id": f"q{i}", "text": text, **more}) + "\n"
                                        for i, text in enumerate(texts)))

    def vocabulary(self, name):
        return msgpack.unpackb(self.read(name))

    def learn(self, *words):
        self.works("tag", "--learn", *words, "-o", "vocab.msgpack", "--quiet")
        learnt = self.vocabulary("vocab.msgpack")
        return list(zip(learnt["tagger"]["phrases"], learnt["queries"]))

    def test_learning_is_counting(self):
        seed = 20240607
        rng = random.Random(seed)
        words = ["tax", "law", "cell", "Proof", "GRAPH", "the", "of", "don't", "patient's", "x2", "\u6570\u5b66\u9898"]
        texts = [" ".join(rng.choice(words[:rng.randrange(2, len(words) + 1)]) for _ in range(rng.randrange(12)))
                 for _ in range(400)]
        self.log("log.jsonl", texts)
        stop_words = {"the", "of", "don't"}
        for ngrams, association, most in ((1, 0, None), (2, 1, None), (3, 1.25, None), (2, 0, 7)):
            with self.subTest(seed=seed, ngrams=ngrams):
                options = ["--ngrams", str(ngrams), "--association", str(association)]
                options += ["--most", str(most)] if most else []
                self.assertEqual(self.learn("log.jsonl", *options),
                                 plain_vocabulary(texts, ngrams, stop_words, association=association, most=most))

    def test_any_script(self):
        seed = 7
        rng = random.Random(seed)
        texts = [strange_text(rng) for _ in range(1500)]
        self.log("log.jsonl", texts)
        got = self.learn("log.jsonl", "--stop-words", "none", "--min-queries", "1", "--association", "0")
        self.assertEqual(dict(got), dict(plain_vocabulary(texts, 2, set(), 1, 1, 0)), f"seed {seed}")

    def test_threads_and_splits(self):
        rng = random.Random(3)
        text = " ".join(rng.choice(["alpha", "beta", "gamma", "delta"]) + str(rng.randrange(50)) for _ in range(200))
        self.write("log.jsonl", "".join(
            json.dumps({"text": text[i % 700:], "split": "train" if i % 3 else "test"}) + "\n" for i in range(6000)))
        self.learn("log.jsonl", "--split", "train", "-j", "1", "--max-share", "1")
        one = self.read("vocab.msgpack")
        self.learn("log.jsonl", "--split", "train", "-j", "5", "--max-share", "100%")
        self.assertEqual(self.read("vocab.msgpack"), one)
        self.assertEqual(self.vocabulary("vocab.msgpack")["learnt_from"], 4000)

    def test_forgetting_keeps_the_frequent(self):
        """With more phrases than memory may hold, counts are too small by what is said, never too large."""
        rng = random.Random(5)
        texts = [f"common pair {rng.randrange(10**6)} {rng.randrange(10**6)}" for _ in range(60000)]
        self.log("log.jsonl", texts)
        done = self.works("tag", "--learn", "log.jsonl", "-o", "v", "--memory", "1M", "--max-share", "1",
                          "--min-queries", "100")
        self.assertIn("rare phrases were forgotten", done.stderr.decode())
        learnt = self.vocabulary("v")
        counts = dict(zip(learnt["tagger"]["phrases"], learnt["queries"]))
        self.assertEqual(counts, {"common": 60000, "common pair": 60000, "pair": 60000})

    def test_stems_and_stop_words(self):
        self.log("log.jsonl", ["The proving of proofs proves nothing"] * 5)
        got = self.learn("log.jsonl", "--stem", "english", "--max-share", "1")
        self.assertEqual([phrase for phrase, _ in got],
                         ["noth", "proof", "proof prove", "prove", "prove noth"])

    def test_hostile_texts_take_linear_time(self):
        megabyte = 1 << 20
        texts = ["a" * megabyte, "\u00e9" * megabyte, "e" + "\u0301" * megabyte, "\u202e" * megabyte,
                 "\u4e2d" * megabyte, "\u304b" + "\u3099" * megabyte, "a'" * megabyte, "'" * megabyte,
                 "a\u200d" * megabyte, "\ufdfa " * (megabyte // 4), "\u1100" * megabyte]
        self.log("log.jsonl", texts)
        got = self.learn("log.jsonl", "--min-queries", "1", "--max-share", "1")
        self.assertIn(("\u4e2d\u4e2d", 1), got)
        self.write("bad.jsonl", b'{"text":"\xff\xfe"}\n{"text":"a\\u0000b"}\n' + b'{"text":"good words"}\n' * 50)
        done = self.works("tag", "--learn", "bad.jsonl", "-o", "v", "--max-share", "1")
        self.assertIn("skipped 1 of 52 records", done.stderr.decode())

    def rows(self, name):
        """Of each query, its tags and how often each stands there."""
        data = anndata.read_h5ad(self.path(name))
        x = data.X.tocsr()
        return [{data.var_names[x.indices[i]]: x.data[i] for i in range(x.indptr[row], x.indptr[row + 1])}
                for row in range(x.shape[0])]

    def test_ingest_finds_the_phrases_of_the_vocabulary(self):
        seed = 11
        rng = random.Random(seed)
        texts = [strange_text(rng) for _ in range(800)]
        texts += [" ".join(rng.choice(["tax", "law", "of", "the", "Cell", "graph's", "\u6570\u5b66\u9898"])
                           for _ in range(rng.randrange(40))) for _ in range(400)]
        self.log("log.jsonl", texts)
        for ngrams in (1, 2, 3):
            vocabulary = self.learn("log.jsonl", "--ngrams", str(ngrams), "--min-queries", "2", "--max-share", "1")
            known = {phrase for phrase, _ in vocabulary}
            self.works("ingest", "log.jsonl", "--vocab", "vocab.msgpack", "-o", "q.h5", "--quiet")
            expected = [collections.Counter(p for p in plain_tagger.phrases(text, ngrams, {"of", "the"}) if p in known)
                        for text in texts]
            self.assertEqual(self.rows("q.h5"), expected, f"seed {seed}, {ngrams} words")
            one = self.read("q.h5")
            self.works("ingest", "log.jsonl", "--vocab", "vocab.msgpack", "-o", "q.h5", "--quiet", "-j", "1")
            self.assertEqual(self.read("q.h5"), one)

    def test_given_tags_stay_and_counts_are_bounded(self):
        self.log("texts.jsonl", ["algebra"] * 9)
        self.learn("texts.jsonl", "--max-share", "1")
        self.write("log.jsonl", json.dumps({"text": "Algebra " * 70000}) + "\n" +
                   '{"text":"algebra","tags":["sql"]}\n{"text":"algebra","tags":[]}\n{"text":"nothing of that"}\n')
        self.works("ingest", "log.jsonl", "--vocab", "vocab.msgpack", "-o", "q.h5")
        self.assertEqual(self.rows("q.h5"), [{"algebra": 65535}, {"sql": 1}, {}, {}])

    def test_stemmed(self):
        self.log("log.jsonl", ["Proving the proofs", "they prove; a proof proves"] * 5)
        self.learn("log.jsonl", "--stem", "english", "--max-share", "1", "--association", "0")
        self.works("ingest", "log.jsonl", "--vocab", "vocab.msgpack", "-o", "q.h5")
        self.assertEqual(self.rows("q.h5")[:2], [{"prove": 1, "proof": 1},
                                                 {"prove": 2, "proof": 1, "proof prove": 1}])

    def tagged_log(self, seed, queries):
        """Texts made of their tags' words among others: words of one tag, and words that two share."""
        rng = random.Random(seed)
        noise = [f"noise{i}" for i in range(400)]
        words = {f"topic {i}": [f"own{i}x{k}" for k in range(5)] + [f"shared{i // 2}"] for i in range(60)}
        names, weights = list(words), [1 / (i + 1) ** .7 for i in range(60)]
        for i in range(queries):
            tags = sorted(set(rng.choices(names, weights, k=rng.randrange(1, 4))))
            text = rng.choices(noise, k=12) + [w for tag in tags for w in rng.choices(words[tag], k=2)]
            rng.shuffle(text)
            yield {"id": f"q{seed}-{i}", "text": " ".join(text), "tags": tags}

    def test_phrases_that_stand_for_tags(self):
        """By counting once more; and how well texts that were not seen get their tags."""
        train, test = list(self.tagged_log(1, 3000)), list(self.tagged_log(2, 3000))
        extra = [{"text": "own0x1 untagged"}, {"tags": ["topic 0"]}, {"text": "own0x1", "tags": []}] * 50
        self.write("train.jsonl", "".join(json.dumps(r) + "\n" for r in train + extra))
        self.write("test.jsonl", "".join(json.dumps({**r, "tags": None}) + "\n" for r in test))
        self.works("tag", "--learn", "train.jsonl", "--from-tags", "-o", "vocab.msgpack", "--confidence", "0.6")
        learnt = self.vocabulary("vocab.msgpack")
        self.assertEqual((learnt["tagger"]["kind"], learnt["learnt_from"]), ("meanings", 3000))

        chosen = dict(plain_vocabulary([r["text"] for r in train], 2, set()))
        together = collections.Counter()
        for record in train:
            for phrase in set(plain_tagger.phrases(record["text"], 2, set())) & set(chosen):
                together.update((phrase, tag) for tag in record["tags"])
        meanings = collections.defaultdict(set)
        for (phrase, tag), queries in together.items():
            if queries >= 5 and queries >= .6 * chosen[phrase]:
                meanings[phrase].add(tag)
        self.assertEqual({phrase: set(tags) for phrase, tags in learnt["tagger"]["phrases"].items()}, meanings)

        self.works("ingest", "test.jsonl", "--vocab", "vocab.msgpack", "-o", "q.h5")
        got = [set(row) for row in self.rows("q.h5")]
        self.assertEqual(got, [set().union(*(meanings[p] for p in plain_tagger.phrases(r["text"], 2, set()) if p in meanings))
                               for r in test])
        truth = [set(r["tags"]) for r in test]
        frequent = collections.Counter(tag for r in train for tag in r["tags"]).most_common(3)

        def f1(found):
            hits = sum(len(a & b) for a, b in zip(found, truth))
            return 2 * hits / (sum(map(len, found)) + sum(map(len, truth)))
        baseline = f1([{tag for tag, _ in frequent}] * len(truth))
        print(f"F1 {f1(got):.3f}, of the most frequent tags {baseline:.3f}")
        self.assertGreater(f1(got), .8)
        self.assertLess(baseline, .3)

        self.works("tag", "--learn", "train.jsonl", "--from-tags", "-o", "again.msgpack", "--confidence", "60%", "-j", "1")
        self.assertEqual(self.read("again.msgpack"), self.read("vocab.msgpack"))
        self.assertIn("read once only", self.fails(2, "tag", "--learn", "-", "--from-tags", "-o", "v"))
        self.assertIn("belongs to --from-tags", self.fails(2, "tag", "--learn", "train.jsonl", "--confidence", "1", "-o", "v"))
        self.write("vague.jsonl", '{"text":"word","tags":["a"]}\n{"text":"word","tags":["b"]}\n' * 9)
        self.assertIn("no phrase stands for a tag", self.fails(3, "tag", "--learn", "vague.jsonl", "--from-tags",
                                                               "--max-share", "1", "-o", "v"))

    def chain(self, *words):
        """A vocabulary, a query file and a router of a small log with outcomes."""
        rng = random.Random(2)
        self.write("log.jsonl", "".join(json.dumps(
            {"id": f"q{i}", "text": " ".join(rng.choice(["tax", "law", "cell", "graph", "proof"]) for _ in range(9)),
             "category": rng.choice("ab"), "models": {"m": {"score": rng.random()}, "n": {"score": rng.random()}}}) + "\n"
            for i in range(200)))
        self.learn("log.jsonl", "--max-share", "1")
        self.works("ingest", "log.jsonl", "--vocab", "vocab.msgpack", "-o", "q.h5", *words)
        self.works("fit", "q.h5", "-o", "r.msgpack", "--reference", "m")

    def test_the_router_carries_the_tagger(self):
        self.chain("--category-tag")
        router = self.vocabulary("r.msgpack")
        learnt = self.vocabulary("vocab.msgpack")["tagger"]
        self.assertEqual({k: v for k, v in router["tagger"].items() if k not in ("category_tag", "digest")}, learnt)
        settings = anndata.read_h5ad(self.path("q.h5")).uns["tagroute"]["tagger"]["settings"]
        self.assertEqual(msgpack.unpackb(settings.tobytes()),
                         {k: v for k, v in learnt.items() if k not in ("kind", "version")})
        self.works("ingest", "log.jsonl", "-r", "r.msgpack", "-o", "again.h5")
        self.assertEqual(self.rows("again.h5"), self.rows("q.h5"))
        self.works("route", "again.h5", "-r", "r.msgpack", "-o", "d.jsonl")
        for shard in ("1/2", "2/2"):
            self.works("ingest", "log.jsonl", "-r", "r.msgpack", "-o", f"s{shard[0]}.h5", "--shard", shard)
        self.works("merge", "s1.h5", "s2.h5", "-o", "joined.h5")
        self.assertEqual(self.read("joined.h5"), self.read("again.h5"))
        self.works("fit", "joined.h5", "-o", "r2.msgpack", "--reference", "m")
        self.assertEqual(self.vocabulary("r2.msgpack")["tagger"], router["tagger"])

    def test_a_log_tagged_otherwise_is_refused(self):
        self.chain()
        self.works("tag", "--learn", "log.jsonl", "-o", "other.msgpack", "--max-share", "1", "--ngrams", "1")
        self.works("ingest", "log.jsonl", "--vocab", "other.msgpack", "-o", "other.h5")
        for command in ("route", "simulate"):
            output = ["-o", "d.jsonl"] if command == "route" else []
            self.assertIn("tagged in another way", self.fails(3, command, "other.h5", "-r", "r.msgpack", *output))
        self.assertIn("tagged in another way", self.fails(3, "fit", "q.h5", "other.h5", "-o", "r2", "--reference", "m"))
        self.assertIn("tagged in another way", self.fails(3, "merge", "q.h5", "other.h5", "-o", "m.h5"))

    def test_settings_that_were_changed(self):
        self.chain()
        router = self.vocabulary("r.msgpack")
        router["tagger"]["phrases"].append("new phrase")
        del router["digest"]
        self.write("edited.msgpack", msgpack.packb(router))
        self.assertIn("delete this key to accept", self.fails(3, "route", "q.h5", "-r", "edited.msgpack", "-o", "d.jsonl"))
        del router["tagger"]["digest"]
        self.write("edited.msgpack", msgpack.packb(router))
        self.assertIn("tagged in another way", self.fails(3, "route", "q.h5", "-r", "edited.msgpack", "-o", "d.jsonl"))
        self.works("ingest", "log.jsonl", "-r", "edited.msgpack", "-o", "e.h5")
        self.works("route", "e.h5", "-r", "edited.msgpack", "-o", "d.jsonl")

    def test_ways_to_tag_are_compared(self):
        """Each file's rows are those of a comparison of that file alone; other queries are refused."""
        self.chain()
        self.works("tag", "--learn", "log.jsonl", "-o", "one.msgpack", "--max-share", "1", "--ngrams", "1")
        self.works("ingest", "log.jsonl", "--vocab", "one.msgpack", "-o", "a_b.h5")
        compare = ("--compare", "-j", "1", "--reference", "m", "--kappa", "9", "--alpha", "9", "--csv", "-")
        both = self.works("fit", "q.h5", "a_b.h5", "--each", *compare).stdout.decode().splitlines()
        self.assertEqual(both[0], "file,tags,scorer,figure,value,low,high,gain,gain_low,gain_high")
        for name, tags in (("q.h5", 25 + 5), ("a_b.h5", 5)):
            alone = self.works("fit", name, *compare).stdout.decode().splitlines()[1:]
            found = [line.split(",") for line in both[1:] if line.startswith(f'"{name}",')]
            self.assertEqual([line[2:7] for line in found], [line.split(",")[:5] for line in alone])
            self.assertTrue(all(float(line[1]) <= tags for line in found))
        table = self.works("fit", "q.h5", "a_b.h5", "--each", *compare[:-2], "--latex", "-").stdout.decode()
        self.assertIn("a\\_b.h5 & ", table)
        self.write("other.jsonl", b"".join(self.read("log.jsonl").splitlines(True)[::-1]))
        self.works("ingest", "other.jsonl", "--vocab", "one.msgpack", "-o", "other.h5")
        self.assertIn("does not hold the queries of q.h5", self.fails(3, "fit", "q.h5", "other.h5", "--each", *compare))
        self.assertIn("belongs to --compare", self.fails(2, "fit", "q.h5", "--each", "-o", "r"))

    def test_info_describes_vocabularies(self):
        self.log("log.jsonl", ["proofs of graph theory", "graph theory and proofs"] * 5, tags=["maths", "law"])
        self.works("tag", "--learn", "log.jsonl", "-o", "v", "--max-share", "1", "--stem", "english")
        self.assertEqual(json.loads(self.works("info", "v", "--json").stdout),
                         {"kind": "vocabulary", "tagger": "phrases", "phrases": 4, "ngrams": 2, "stemming": "english",
                          "stop_words": "english"})
        self.assertIn("graph, graph theori, proof, theori", self.works("info", "v").stdout.decode())
        self.works("tag", "--learn", "log.jsonl", "-o", "v", "--max-share", "1", "--from-tags")
        self.assertIn("graph (maths, law), graph theory (maths, law)", self.works("info", "v").stdout.decode())
        self.write("cut", self.read("v")[:-9])
        self.assertIn("cut", self.fails(3, "info", "cut"))

    def test_hostile_vocabularies(self):
        self.log("log.jsonl", ["some text"])
        good = {"text": "text", "ngrams": 2, "stemming": "none", "stop_words": "english", "phrases": ["some text"],
                "kind": "phrases", "version": 1}
        for change, message in (
                ({"phrases": ["a b c"]}, "phrase 0"), ({"phrases": ["a", "a"]}, "there before"),
                ({"phrases": ["a  b"]}, "phrase 0"), ({"phrases": [""]}, "phrase 0"), ({"phrases": ["x" * 256]}, "phrase 0"),
                ({"phrases": [7]}, "phrase 0"), ({"phrases": [b"\xff"]}, "phrase 0"), ({"phrases": {"a": 1}}, "must be a list"),
                ({"ngrams": 0}, "1 to 3"), ({"ngrams": 2**40}, "1 to 3"), ({"stemming": "klingon"}, "cannot be stemmed"),
                ({"stop_words": ""}, "UTF-8 text"), ({"text": "prompt"}, "no other key"), ({"version": 2}, "newer tagroute"),
                ({"kind": "meanings"}, "must be a map"), ({"kind": "meanings", "phrases": {"a": "b"}}, "no list of tags"),
                ({"kind": "meanings", "phrases": {"a": ["b", 3]}}, "not UTF-8 text"), ({"more": 1}, "unknown key"), ({"kind": 3}, "must be a string"), ({"phrases": ["a\0b"]}, "phrase 0")):
            self.write("v", msgpack.packb({"format": "tagroute.vocabulary", "version": 1, "tagger": {**good, **change}}))
            self.assertIn(message, self.fails(2 if "version" in change else 3, "ingest", "log.jsonl", "--vocab", "v", "-o", "q.h5"), change)
        whole = msgpack.packb({"format": "tagroute.vocabulary", "version": 1, "tagger": good})
        for length in range(0, len(whole), 5):
            self.write("v", whole[:length])
            self.fails(3, "ingest", "log.jsonl", "--vocab", "v", "-o", "q.h5")
        self.write("v", whole)
        self.works("ingest", "log.jsonl", "--vocab", "v", "-o", "q.h5")
        self.assertIn("leave out the vocabulary",
                      self.fails(2, "ingest", "log.jsonl", "--vocab", "v", "-r", "v", "-o", "q.h5"))

    def test_wrong_usage(self):
        self.log("log.jsonl", ["some text"])
        for words, message in (
                (["log.jsonl"], "needs to be told what to do: --learn"),
                (["--learn", "log.jsonl"], "tag needs --output FILE"),
                (["--learn", "log.jsonl", "-o", "-"], "cannot be written to standard output"),
                (["--learn", "log.jsonl", "-o", "v", "--ngrams", "4"], "from 1 to 3 words"),
                (["--learn", "log.jsonl", "-o", "v", "--ngrams", "0"], "from 1 to 3 words"),
                (["--learn", "log.jsonl", "-o", "v", "--stem", "klingon"], "it is none or one of: arabic"),
                (["--learn", "log.jsonl", "-o", "v", "--stop-words", "latin"], "none or english"),
                (["--learn", "log.jsonl", "-o", "v", "--max-share", "0"], "above 0"),
                (["--learn", "log.jsonl", "-o", "v", "--association", "-1"], "at least 0"),
                (["--learn", "log.jsonl", "-o", "v", "--most", "many"], "--most")):
            self.assertIn(message, self.fails(2, "tag", *words), words)
        self.assertIn("no phrase is in 5 of the 1 texts", self.fails(3, "tag", "--learn", "log.jsonl", "-o", "v"))
        self.write("tags.jsonl", '{"tags":["a"]}\n')
        self.assertIn("no record", self.fails(3, "tag", "--learn", "tags.jsonl", "-o", "v"))
        self.assertEqual(self.names(), ["log.jsonl", "tags.jsonl"])


if __name__ == "__main__":
    harness.main()
