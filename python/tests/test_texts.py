"""Texts to tags, explanations, and models that come later: against counting, `ingest` and exact sums."""

from __future__ import annotations

import collections
import json
import math
import os
import pathlib
import re
import subprocess
from fractions import Fraction

import numpy as np
import pytest
import scipy.sparse

import tagroute
from tagroute import Router, Tagger, explain, route, save_queries

PROGRAM = os.environ.get("PROGRAM", "tagroute")
SEED = 20251128
WORDS = "tax law laws proof graph theory cell zebra quantum harbour".split()


class World:
    """A log of texts, a vocabulary, and a router whose texts went through a mapping."""

    def __init__(self, folder: pathlib.Path) -> None:
        print("seed", SEED)
        random = np.random.default_rng(SEED)
        self.folder = folder
        self.texts = [" ".join(random.choice(WORDS, random.integers(0, 12))) for _ in range(1500)]
        self.texts[7] = "tax " * 70000
        self.categories = [None if i % 4 == 0 else "ab"[i % 2] for i in range(1500)]
        with open(folder / "log.jsonl", "w", encoding="utf-8") as log:
            for i, (text, category) in enumerate(zip(self.texts, self.categories)):
                models = {m: {"score": float(s)} for m, s in zip("mn", random.random(2))}
                record = {"id": f"q{i}", "text": text, "category": category, "models": models}
                log.write(json.dumps(record) + "\n")
        (folder / "map.tsv").write_text("laws\tlaw\nlaw\tlaw\ncell\t\ntax\ttax\n", "utf-8")
        self.run("tag", "--learn", "log.jsonl", "--association", "0", "-o", "vocab.msgpack")
        self.run(
            "ingest", "log.jsonl", "--vocab", "vocab.msgpack", "--normalise", "map.tsv",
            "--category-tag", "-o", "fit.h5",
        )  # fmt: skip
        # leaves rare tags out, so that the tagger has some that the router does not know
        self.router = Router.fit_files(
            folder / "fit.h5", reference="m", scorer="bayes", kappa=5.0, count="raw", min_count=60
        )
        self.router.save(folder / "router.msgpack")

    def run(self, *words: str) -> None:
        subprocess.run([PROGRAM, *words, "--quiet"], cwd=self.folder, check=True)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return World(tmp_path_factory.mktemp("texts"))


def plain_phrases(text: str) -> collections.Counter[str]:
    words = re.findall("[a-z]+", text)
    return collections.Counter(words + [" ".join(pair) for pair in zip(words, words[1:])])


def test_a_vocabulary_against_counting(world: World) -> None:
    tagger = Tagger.load(world.folder / "vocab.msgpack")
    tags = set(tagger.tags)
    assert {"tax", "graph theory"} <= tags and tagger.known == 0 and "tags" in repr(tagger)
    expected = [
        {tag: min(n, 65535) for tag, n in plain_phrases(text).items() if tag in tags}
        for text in world.texts
    ]
    assert tagger.count(world.texts) == expected
    assert expected[7]["tax"] == 65535
    assert [set(listed) for listed in tagger.tag(world.texts)] == [set(e) for e in expected]
    X = tagger.csr(world.texts)
    assert X.shape == (1500, len(tagger.tags)) and X.dtype == np.uint16
    assert X.has_canonical_format and (np.diff(X.indptr) == [len(e) for e in expected]).all()
    assert (X != tagroute.count_tags(expected, tagger.tags)).nnz == 0
    one = tagger.csr([t.encode() for t in world.texts], threads=1)
    assert (one != X).nnz == 0 and np.array_equal(one.indices, X.indices)
    assert tagger.csr([]).shape == (0, len(tagger.tags)) and tagger.tag([None, ""]) == [[], []]


@pytest.mark.parametrize("way", ["router", "file"])
def test_a_router_against_ingest(world: World, way: str) -> None:
    anndata = pytest.importorskip("anndata")
    path = world.folder / "router.msgpack"
    tagger = Tagger.load(path) if way == "file" else Tagger.of(world.router)
    assert tagger.tags[: tagger.known] == world.router.tags
    assert 0 < tagger.known < len(tagger.tags) and not {"laws", "cell"} & set(tagger.tags)
    world.run("ingest", "log.jsonl", "-r", "router.msgpack", "-o", "today.h5")
    read = anndata.read_h5ad(world.folder / "today.h5")
    X = tagger.csr(world.texts, categories=world.categories)
    assert X.shape == (1500, len(world.router.tags))
    known = [list(read.var_names).index(tag) for tag in world.router.tags]
    assert (X != read.X[:, known]).nnz == 0
    mine = route(X, world.router, threshold=[-0.1, 0.0, 0.1], scores=True)
    files = route(read, world.router, threshold=[-0.1, 0.0, 0.1], scores=True)
    assert np.array_equal(mine.model, files.model) and np.array_equal(mine.score, files.score)
    rows = [{n: v for n, v in zip(read.var_names[r.indices], r.data) if "cat:" not in n} for r in read.X]
    assert tagger.count(world.texts) == rows


def test_texts_that_are_none(world: World) -> None:
    tagger = Tagger.load(world.folder / "vocab.msgpack")
    with pytest.raises(tagroute.InputError, match="text 1 is not UTF-8"):
        tagger.tag(["tax", b"\xff", b"\xfe"])
    with pytest.raises(tagroute.InputError, match="text 700 "):
        tagger.csr(["tax"] * 700 + ["\ud800"])
    with pytest.raises(ValueError, match="a list of texts"):
        tagger.tag("tax")
    with pytest.raises(ValueError, match="1 categories for 2 texts"):
        tagger.csr(["a", "b"], categories=["c"])
    with pytest.raises(OSError, match="nowhere"):
        Tagger.load(world.folder / "nowhere")
    with pytest.raises(tagroute.InputError, match="neither a vocabulary"):
        Tagger.load(world.folder / "log.jsonl")


def float32(value: Fraction) -> np.float32:
    return np.float32(float(value))


def check_sums(world: World, told: dict, score: np.ndarray) -> None:
    """Every sum is one fused multiply-add from the bias on, and the last one what `route` has."""
    sums = [model["bias"] for model in told["models"]]
    for tag in told["tags"]:
        for k, weight in enumerate(tag["weights"]):
            exact = Fraction(tag["value"]) * Fraction(weight)
            assert Fraction(tag["contributions"][k]) == exact
            sums[k] = float(float32(Fraction(sums[k]) + exact))
            assert np.float32(tag["scores"][k]) == np.float32(sums[k])
        if tag["known"]:
            row = world.router.weights[world.router.tags.index(tag["tag"])]
            assert [np.float32(w) for w in tag["weights"]] == list(row)
    assert [np.float32(model["score"]) for model in told["models"]] == list(score)


def test_explained_text(world: World) -> None:
    tagger = Tagger.of(world.router)
    numbers = [0, 1, 2, 3, 8, 21, 700]
    texts = [world.texts[i] for i in numbers]
    categories = [world.categories[i] for i in numbers]
    made = route(tagger.csr(texts, categories=categories), world.router, margins=True, scores=True)
    for i, (text, category) in enumerate(zip(texts, categories)):
        told = explain(world.router, text=text, category=category)
        assert told["model"] == made.names[i]
        assert np.float32(told["margin"]) == made.margin[i]
        check_sums(world, told, made.score[i])
        counted = tagger.count([text])[0]
        if category:
            counted[f"cat:{category}"] = 1
        assert {tag["tag"]: tag["value"] for tag in told["tags"]} == counted


def test_explained_row(world: World) -> None:
    """A row of a matrix, and the same in a file; thresholds flip the decision where it is said."""
    X = Tagger.of(world.router).csr(world.texts, categories=world.categories)
    tags = world.router.tags
    given = Router.fit(
        X, tags=tags, models=["m", "n"], score=np.random.default_rng(1).random((1500, 2)),
        cost=np.tile([0.02, 0.01], (1500, 1)), reference="m", scorer="ridge", alpha=1.0, count="log",
    )  # fmt: skip
    save_queries(world.folder / "rows.h5", X, tags=tags, ids=[f"id{i}" for i in range(1500)])
    flipped = 0
    for row in (0, 2, 77, 1499):
        told = explain(given, X=X, tags=tags, row=row, threshold=0.01, why_not="n")
        named = explain(given, file=world.folder / "rows.h5", id=f"id{row}", threshold=0.01, why_not="n")
        assert told["row"] == row and told["id"] is None and named["id"] == f"id{row}"
        assert {**told, "id": 0} == {**named, "id": 0}
        assert told["why_not"]["model"] == "n"
        one = X[row : row + 1]
        for end, step in (("flips_below", math.inf), ("flips_above", -math.inf)):
            if told[end] is None:
                continue
            flipped += 1
            back = float(np.nextafter(np.float32(told[end]), np.float32(step)))
            there, here = route(one, given, tags=tags, threshold=[told[end], back]).names[0]
            assert there != told["model"] and here == told["model"]
    assert flipped >= 4
    eligible = np.array([[True, True], [False, True]])
    told = explain(given, X=X[:2].astype(np.int64), tags=tags, row=1, eligible=eligible, threshold=9)
    assert told["model"] == "n" and told["models"][0]["out"] == ["eligible"]
    assert not told["models"][0]["eligible"] and told["models"][1]["eligible"]


def test_what_cannot_be_explained(world: World) -> None:
    X = scipy.sparse.csr_matrix((3, len(world.router.tags)), dtype=np.uint8)
    assert explain(world.router, X=X, row=2)["tags"] == []
    with pytest.raises(ValueError, match="one thing"):
        explain(world.router, text="tax", X=X)
    with pytest.raises(ValueError, match="one thing"):
        explain(world.router)
    with pytest.raises(ValueError, match="no row 3"):
        explain(world.router, X=X, row=3)
    with pytest.raises(ValueError, match="count from 0"):
        explain(world.router, X=X, row=-1)
    with pytest.raises(ValueError, match="gtp"):
        explain(world.router, text="tax", why_not="gtp")
    with pytest.raises(tagroute.InputError, match="without the category as a tag"):
        save_queries(world.folder / "given.h5", X, tags=world.router.tags)
        explain(world.router, file=world.folder / "given.h5")


def test_a_model_more(tmp_path: pathlib.Path) -> None:
    """The bits of fitting all of them, from memory and from files; the first router stays."""
    random = np.random.default_rng(SEED + 1)
    X = scipy.sparse.random(900, 20, 0.2, "csr", np.uint8, random, lambda n: random.integers(1, 4, n))
    tags, models = [f"t{i}" for i in range(20)], ["a", "b", "c"]
    score = random.random((900, 3)).astype(np.float32)
    known = {"tags": tags, "score": score, "cost": np.tile([0.03, 0.02, 0.01], (900, 1))}
    whole = Router.fit(X, models=models, reference="a", scorer="bayes", kappa=3.0, **known)
    two = {**known, "score": score[:, :2], "cost": known["cost"][:, :2]}
    part = Router.fit(X, models=models[:2], reference="a", scorer="bayes", kappa=3.0, **two)
    digest = part.digest
    made = part.add_model("c", X, models=models, **known)
    assert made.models == models and part.models == models[:2] and part.digest == digest
    assert np.array_equal(made.weights, whole.weights) and np.array_equal(made.bias, whole.bias)
    assert made.digest == whole.digest
    save_queries(tmp_path / "all.h5", X, models=models, **known)
    assert part.add_model_files("c", tmp_path / "all.h5").digest == whole.digest
    with pytest.raises(ValueError, match='"?c"?'):
        made.add_model_files("c", tmp_path / "all.h5")
    with pytest.raises(ValueError, match="z"):
        part.add_model_files("z", tmp_path / "all.h5")
    assert np.array_equal(route(X, part, tags=tags).model, route(X, part, tags=tags).model)
    with pytest.raises(ValueError, match="has no tagger"):
        Tagger.of(part)
