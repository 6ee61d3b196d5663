#!/usr/bin/python3
"""Tokens of prompts: logged, cached, or estimated from texts and marked as such."""
import anndata
import h5py
import numpy

from harness import Scratch, jsonl, main

TEXTS = ["", "a", "four", "fives", "héllo wörld", "привет, мир", "你好世界", "naïve 🙂 text", "x" * 4001]


def estimate(text):
    """By code points, where the program goes by bytes."""
    quarters = sum(1 if ord(c) < 0x80 else 2 if ord(c) < 0x800 else 4 for c in text)
    return -(-quarters // 4)


def records():
    """Texts with and without tokens; some prompts partly cached."""
    for i in range(60):
        row = {"id": f"q{i}", "text": TEXTS[i % len(TEXTS)], "tags": ["all", f"t{i % 5}"]}
        if i % 3 == 0:
            row["prompt_tokens"] = 100 + i
            if i % 2 == 0:
                row["cached_prompt_tokens"] = 10 * i % 70
        if i % 7 == 0:
            del row["text"]
        yield row


ROWS = list(records())


def column(path, name):
    with h5py.File(path) as file:
        return file["obs"][name][:]


class Tokens(Scratch):
    def setUp(self):
        super().setUp()
        self.write("log.jsonl", jsonl(ROWS))

    def ingest(self, *words):
        done = self.works("ingest", "log.jsonl", "-o", "queries.h5", *words)
        return done.stderr.decode()

    def test_cached(self):
        self.ingest()
        expected = [row.get("cached_prompt_tokens", numpy.nan) for row in ROWS]
        numpy.testing.assert_array_equal(
            column(self.path("queries.h5"), "cached_prompt_tokens"), expected)
        self.write("all.jsonl", jsonl([{"tags": ["a"], "cached_prompt_tokens": 7}] * 3))
        self.works("ingest", "all.jsonl", "-o", "all.h5")
        cached = column(self.path("all.h5"), "cached_prompt_tokens")
        self.assertEqual((cached.dtype, cached.tolist()), ("int64", [7, 7, 7]))

    def test_bad(self):
        for value in ('"many"', "-1", "[]", "1e300"):
            self.write("bad.jsonl", '{"tags": ["a"], "cached_prompt_tokens": %s}\n' % value)
            message = self.fails(3, "ingest", "bad.jsonl", "-o", "bad.h5")
            self.assertIn('"cached_prompt_tokens" is not a number from 0 to 2^53', message)

    def test_not_estimated(self):
        message = self.ingest()
        missing = sum("text" in row and "prompt_tokens" not in row for row in ROWS)
        self.assertIn(f"{missing} queries have text and no prompt_tokens", message)
        with h5py.File(self.path("queries.h5")) as file:
            self.assertNotIn("prompt_tokens_from", file["obs"])

    def test_estimated(self):
        message = self.ingest("--estimate-tokens", "--no-text")
        expected = [row.get("prompt_tokens", estimate(row["text"]) if "text" in row else numpy.nan)
                    for row in ROWS]
        made = ["text" in row and "prompt_tokens" not in row for row in ROWS]
        self.assertIn(f"prompt tokens of {sum(made)} queries estimated", message)
        self.assertNotIn("have text and no prompt_tokens", message)
        obs = anndata.read_h5ad(self.path("queries.h5")).obs
        numpy.testing.assert_array_equal(obs["prompt_tokens"], expected)
        self.assertEqual((obs["prompt_tokens_from"] == "estimate").tolist(), made)
        self.assertEqual(int(obs["prompt_tokens_from"].isna().sum()), len(made) - sum(made))

    def test_threads_and_merging(self):
        """Shares of a log joined are the log, whatever columns each of them has."""
        self.ingest("--estimate-tokens", "--threads", "1")
        one = self.read("queries.h5")
        self.ingest("--estimate-tokens", "--threads", "3")
        self.assertEqual(self.read("queries.h5"), one)
        self.write("log.jsonl", jsonl(ROWS[:1])) # no estimate in it
        self.ingest("--estimate-tokens")
        with open(self.path("log.jsonl"), "w", encoding="utf-8") as file:
            file.write(jsonl(ROWS[1:]))
        self.works("ingest", "log.jsonl", "-o", "rest.h5", "--estimate-tokens")
        self.works("merge", "queries.h5", "rest.h5", "-o", "both.h5")
        self.write("log.jsonl", jsonl(ROWS))
        self.ingest("--estimate-tokens")
        for name in ("prompt_tokens", "cached_prompt_tokens"):
            numpy.testing.assert_array_equal(column(self.path("both.h5"), name),
                                             column(self.path("queries.h5"), name))
        both, whole = (anndata.read_h5ad(self.path(name)).obs["prompt_tokens_from"].astype(str)
                       for name in ("both.h5", "queries.h5"))
        self.assertEqual(both.tolist(), whole.tolist())
        self.works("info", "--verify", "both.h5", "queries.h5")

    def test_damage_is_noticed(self):
        self.ingest("--estimate-tokens")
        for name in ("cached_prompt_tokens", "prompt_tokens_from/codes"):
            with h5py.File(self.path("queries.h5"), "r+") as file:
                kept = file["obs"][name][:]
                file["obs"][name][0] = 0 if name.endswith("codes") else 99
            self.fails(3, "info", "queries.h5")
            with h5py.File(self.path("queries.h5"), "r+") as file:
                file["obs"][name][:] = kept
        self.works("info", "queries.h5")


if __name__ == "__main__":
    main()
