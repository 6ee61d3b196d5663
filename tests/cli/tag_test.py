#!/usr/bin/python3
"""`tagroute tag`, beside a plain tagger in Python."""
import collections
import json
import os
import random
import sys

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
