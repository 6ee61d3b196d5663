"""Query files and decisions against anndata, h5py and scipy, in both directions.

usage: store_anndata.py STORE_TOOL
Ends with status 77 (skipped) where anndata or what it needs cannot be imported.
"""

import json
import os
import subprocess
import sys
import tempfile
import warnings
from importlib.metadata import version

try:
    import anndata
    import h5py
    import numpy
    import pandas
    import scipy
    import scipy.sparse
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)

TOOL = sys.argv[1]
SEED = 20250611
print("seed", SEED, "anndata", version("anndata"), "pandas", pandas.__version__, "scipy", scipy.__version__)


def tool(*words):
    done = subprocess.run([TOOL, *map(str, words)], capture_output=True, text=True)
    assert done.returncode in (0, 1), (words, done)
    return json.loads(done.stdout) if done.stdout else {}


def dump(path):
    read = tool("dump", path)
    assert "error" not in read, read
    return read


def lines_of(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def refused(path, word):
    read = tool("dump", path)
    assert read.get("status") == "TGR_ERR_INPUT", (word, read)
    assert word in read["error"], (word, read["error"])
    assert "\n" not in read["error"] and not read["error"].endswith("."), read["error"]


def rows_of(matrix):
    """Canonical rows of (column, value) of any matrix, the independent answer."""
    matrix = scipy.sparse.csr_matrix(matrix).astype(numpy.float64)
    matrix.sum_duplicates()
    matrix.eliminate_zeros()
    matrix.sort_indices()
    return [
        [[int(c), float(v)] for c, v in zip(matrix.indices[a:b], matrix.data[a:b])]
        for a, b in zip(matrix.indptr[:-1], matrix.indptr[1:])
    ]


def same_rows(read, matrix):
    expected = rows_of(matrix)
    assert len(read["x"]) == len(expected)
    for row, (a, b) in enumerate(zip(read["x"], expected)):
        assert [c for c, _ in a] == [c for c, _ in b], (row, a, b)
        assert [v for _, v in a] == [float(numpy.float32(v)) for _, v in b], (row, a, b)


def plain(values):
    """None for what pandas calls missing, JSON's types for the rest."""
    return [None if pandas.isna(v) else v.item() if hasattr(v, "item") else v for v in values]


def same_numbers(a, b):
    """JSON numbers of float32, shortest form, against an array."""
    b = numpy.asarray(b, dtype=numpy.float32).ravel()
    a = numpy.array([numpy.nan if v is None else v for v in a], dtype=numpy.float32)
    numpy.testing.assert_array_equal(a, b)


def same_contents(read, data):
    """What the store reads against an AnnData object of tagroute's columns."""
    assert read["ids"] == list(data.obs_names)
    assert read["tags"] == list(data.var_names)
    same_rows(read, data.X)
    for column in ("split", "category", "allow", "deny", "needs"):
        assert read[column] == plain(data.obs[column]), column
    assert read["prompt_tokens"] == plain(data.obs["prompt_tokens"].astype(float))
    for column in ("score", "cost", "completion_tokens"):
        same_numbers(read[column], data.obsm[column])
    assert read["outcome"] == [int(v) for v in numpy.asarray(data.obsm["outcome"]).ravel()]
    assert read["models"] == list(data.uns["tagroute"]["models"])


def own_files():
    """What tagroute writes opens everywhere, is sliced, written, and read back."""
    options = [(), ("compress",), ("weights", "gaps"), ("wide", "compress", "gaps"), ("compact",)]
    for words in options:
        tool("write", "own.h5", 60, *words)
        read = dump("own.h5")
        assert read["kind"] == 1 and len(read["digest"]) == 32
        data = anndata.read_h5ad("own.h5")
        assert str(data.X.dtype) == {"weights": "float32", "wide": "uint16"}.get((words or ("",))[0], "uint8")
        assert data.obsm["outcome"].dtype == numpy.int8 and data.obsm["score"].dtype == numpy.float32
        assert list(data.var.columns) == ["queries", "count"]
        if "compact" in words:
            # scipy does not add up indices of one type and indptr of another; what is stored is the same.
            data.X = scipy.sparse.csr_matrix(
                (data.X.data, data.X.indices.astype(numpy.int32), data.X.indptr.astype(numpy.int32)), data.X.shape
            )
        same_contents(read, data)
        texts = list(data.obs["text"])
        assert any(texts) and all(text == "" or text.startswith("a longer text ") for text in texts)
        data[[1, 4, 5]].copy().write_h5ad("slice.h5")
        sliced = dump("slice.h5")
        assert sliced["digest"] == "" and sliced["tagger_digest"] == read["tagger_digest"]
        assert sliced["category_tag"] is True
        same_contents(sliced, anndata.read_h5ad("slice.h5"))
        assert sliced["x"] == [read["x"][i] for i in (1, 4, 5)]
        backed = anndata.read_h5ad("own.h5", backed="r")
        if "compact" not in words:
            assert rows_of(backed[[1, 4, 5]].X) == [rows_of(data.X)[i] for i in (1, 4, 5)]
        assert list(backed[[1, 4, 5]].obs_names) == [read["ids"][i] for i in (1, 4, 5)]
        backed.file.close()
        with h5py.File("own.h5") as file:
            codes = file["obs/split/codes"][:]
            names = [name.decode() for name in file["obs/split/categories"][:]]
            assert [names[c] if c >= 0 else None for c in codes] == read["split"]
            assert file["obs/_index"].dtype.kind == "S"


def random_matrix(random, rows, columns, dtype):
    matrix = scipy.sparse.random(rows, columns, 0.2, format="csr", random_state=random, dtype=numpy.float64)
    matrix.data = (1 + random.randint(0, 200, matrix.nnz)).astype(dtype)
    return matrix.astype(dtype)


def frame(random, rows):
    return pandas.DataFrame(
        {
            "split": random.choice(["train", "test"], rows),
            "category": pandas.Categorical(random.choice(["law", "art", "maths"], rows)),
            "allow": random.choice(['["a"]', '["a","b"]'], rows),
            "deny": pandas.Categorical(random.choice(['["a"]'], rows)),
            "needs": pandas.Categorical([None, '["vision"]'] * (rows // 2)),
            "prompt_tokens": random.randint(0, 5000, rows),
        },
        index=[f"id-{i}" for i in range(rows)],
    )


def foreign_matrices():
    """X of every layout and type that anndata writes."""
    random = numpy.random.RandomState(SEED)
    layouts = {
        "csr": lambda m: m,
        "csc": scipy.sparse.csc_matrix,
        "dense": lambda m: numpy.asarray(m.todense()),
    }
    types = ["uint8", "int8", "uint16", "int16", "int32", "int64", "uint32", "float32", "float64"]
    for layout, make in layouts.items():
        for dtype in types:
            for compression in (None, "gzip"):
                matrix = random_matrix(random, 40, 17, dtype)
                names = [f"tag {i}" for i in range(17)]
                data = anndata.AnnData(make(matrix), obs=frame(random, 40), var=pandas.DataFrame(index=names))
                data.write_h5ad("foreign.h5ad", compression=compression)
                read = dump("foreign.h5ad")
                assert read["digest"] == "" and read["tags"] == names
                with h5py.File("foreign.h5ad") as file:  # some releases turn X into float32
                    stored = (file["X"] if layout == "dense" else file["X/data"]).dtype
                assert read["value_type"] == ("u16" if stored in ("uint8", "uint16") else "f32")
                same_rows(read, matrix)
                for column in ("split", "category", "allow", "deny", "needs"):
                    assert read[column] == plain(data.obs[column]), column
                assert read["prompt_tokens"] == plain(data.obs["prompt_tokens"].astype(float))


def foreign_columns():
    """Columns in AnnData's other encodings."""
    random = numpy.random.RandomState(SEED)
    data = anndata.AnnData(random_matrix(random, 40, 17, "float32"), obs=frame(random, 40))
    tokens = [None if i % 3 == 0 else i * 7 for i in range(40)]
    data.obs["prompt_tokens"] = pandas.array(tokens, dtype="Int64")
    models = ["zeta", "alpha"]
    cells = random.rand(40, 2).astype("float32")
    cells[3, 1] = numpy.nan
    data.obsm["score"] = pandas.DataFrame(cells, columns=models, index=data.obs_names)
    data.obsm["cost"] = pandas.DataFrame(cells[:, ::-1], columns=models[::-1], index=data.obs_names)
    outcome = random.randint(-1, 3, (40, 2))
    data.obsm["outcome"] = pandas.DataFrame(outcome, columns=models, index=data.obs_names)
    data.obsm["completion_tokens"] = pandas.DataFrame({"alpha": range(40)}, index=data.obs_names)
    data.write_h5ad("foreign.h5ad")
    read = dump("foreign.h5ad")
    assert read["prompt_tokens"] == tokens
    assert read["models"] == models
    same_numbers(read["score"], cells)
    same_numbers(read["cost"], cells)
    assert read["outcome"] == [int(v) for v in outcome.ravel()]
    same_numbers(read["completion_tokens"], [[numpy.nan, i] for i in range(40)])

    # Arrays, with the models named where tagroute keeps them.
    for dtype in ("float64", "float32", "float16"):
        data.obsm = {"score": cells.astype(dtype), "outcome": outcome.astype("float64")}
        data.uns["tagroute"] = {"models": numpy.array(models)}
        data.write_h5ad("foreign.h5ad")
        read = dump("foreign.h5ad")
        assert read["models"] == models
        same_numbers(read["score"], cells.astype(dtype))
        assert read["outcome"] == [int(v) for v in outcome.ravel()]
    del data.uns["tagroute"]
    data.write_h5ad("foreign.h5ad")
    refused("foreign.h5ad", "models are not named")


def edited(edit, *words):
    """A file of tagroute's, changed with h5py."""
    tool("write", "edited.h5", 60, *words)
    with h5py.File("edited.h5", "r+") as file:
        edit(file)
    return "edited.h5"


def replace(group, name, data, **options):
    attributes = dict(group[name].attrs)
    attributes.pop("xxh3", None)
    del group[name]
    made = group.create_dataset(name, data=data, **options)
    for key, value in attributes.items():
        made.attrs[key] = value


def hand_made_layouts():
    """What people make with h5py: unsorted rows, duplicates, zeros, other byte orders, integer names."""
    random = numpy.random.RandomState(SEED)

    def scrambled(file):
        x = file["X"]
        indptr = x["indptr"][:]
        indices, data = random.randint(0, 200, indptr[-1]), random.randint(0, 4, indptr[-1])
        replace(x, "indices", indices.astype(">i8"))
        replace(x, "data", data.astype(">f8"))
        replace(x, "indptr", indptr.astype("u4"))

    read = dump(edited(scrambled))
    with h5py.File("edited.h5") as file:
        x = file["X"]
        matrix = scipy.sparse.csr_matrix(
            (x["data"][:].astype(float), x["indices"][:].astype(int), x["indptr"][:].astype(int)), (60, 200)
        )
    same_rows(read, matrix)

    def integers(file):
        replace(file["obs"], "_index", numpy.arange(60) * 3 - 5)
        replace(file["var"], "_index", numpy.arange(200).astype("u8") + 2**63)
        replace(file["obs"], "prompt_tokens", numpy.arange(60).astype("f4"))

    read = dump(edited(integers))
    assert read["ids"] == [str(i * 3 - 5) for i in range(60)]
    assert read["tags"] == [str(i + 2**63) for i in range(200)]
    assert read["prompt_tokens"] == list(range(60))

    def renamed(file):
        file["obs"].move("_index", "name of the query")
        file["obs"].attrs["_index"] = "name of the query"
        replace(file["obs"], "name of the query", [f"é{i}" for i in range(60)], dtype=h5py.string_dtype())
        del file["obs/split"]
        file["obs"].create_dataset("split", data=numpy.arange(60).astype("i1") % 2)
        file["obs/__categories/split"] = ["train", "test"]
        file["obs/split"].attrs["categories"] = file["obs/__categories/split"].ref

    read = dump(edited(renamed))
    assert read["ids"] == [f"é{i}" for i in range(60)]
    assert read["split"] == ["train", "test"] * 30
    assert dump(edited(lambda file: file.__delitem__("obs/text")))["digest"] == ""


def layouts_of_h5py():
    """The same numbers in every layout and filter that h5py writes: decoded here, or read by HDF5."""
    random = numpy.random.RandomState(SEED)
    rows, columns = 3000, 200
    matrix = scipy.sparse.random(rows, columns, 0.03, "csr", random_state=random)
    matrix.data = numpy.ceil(matrix.data * 1000).astype("u2")
    split = random.randint(0, 2, rows).astype("i1")
    layouts = [
        {"chunks": (100,)},
        {"chunks": (777,), "compression": "gzip", "shuffle": True},
        {"chunks": (1000,), "compression": "gzip", "shuffle": True, "fletcher32": True},
    ]
    for layout in layouts:
        for types in ("u2", "i4", "i4"), ("f4", "i8", "i8"), ("f8", "u2", "u4"), ("i8", "i4", ">i8"):
            with h5py.File("laid.h5", "w") as file:
                arrays = matrix.data, matrix.indices, matrix.indptr
                for name, values, dtype in zip(("data", "indices", "indptr"), arrays, types):
                    file.create_dataset(f"X/{name}", data=values.astype(dtype), **layout)
                file["X"].attrs.update({"encoding-type": "csr_matrix", "encoding-version": "0.1.0"})
                file["X"].attrs["shape"] = matrix.shape
                file["var/_index"] = [f"t{i}" for i in range(columns)]
                file["obs/_index"] = [f"q{i}" for i in range(rows)]
                file["obs/split/categories"] = ["train", "test"]
                file.create_dataset("obs/split/codes", data=split, **layout)
            read = dump("laid.h5")
            same_rows(read, matrix.astype(float))
            assert read["split"] == [["train", "test"][code] for code in split]


def files_of_10x():
    """Barcodes are rows and features tags, in today's files and in the first ones."""
    random = numpy.random.RandomState(SEED)
    matrix = scipy.sparse.random(70, 30, 0.2, "csr", random_state=random)
    matrix.data = numpy.ceil(matrix.data * 9)
    for first in (False, True):
        with h5py.File("10x.h5", "w") as file:
            group = file.create_group("matrix")
            group["barcodes"] = numpy.array([b"AAC-%d" % i for i in range(70)])
            options = {"compression": "gzip", "shuffle": True, "chunks": (64,)}
            group.create_dataset("data", data=matrix.data.astype("i4"), **options)
            group.create_dataset("indices", data=matrix.indices.astype("i8"), **options)
            group.create_dataset("indptr", data=matrix.indptr.astype("i8"), **options)
            group["shape"] = numpy.array([30, 70], "i4")
            group["genes" if first else "features/id"] = numpy.array([b"ENSG%d" % i for i in range(30)])
        read = dump("10x.h5")
        same_rows(read, matrix)
        assert read["ids"] == [f"AAC-{i}" for i in range(70)]
        assert read["tags"] == [f"ENSG{i}" for i in range(30)]
        with h5py.File("10x.h5", "r+") as file:
            file["matrix/shape"][...] = [29, 70]
        refused("10x.h5", "rows")


def refusals():
    def put(path, value):
        return lambda file: file[path].__setitem__(0, value)

    refused(edited(put("X/data", numpy.nan), "weights"), "not")
    refused(edited(lambda f: replace(f["X"], "data", numpy.full(len(f["X/data"]), 1e300))), "row 0")
    refused(edited(lambda f: replace(f["X"], "data", numpy.full(len(f["X/data"]), numpy.inf))), "row 0")
    refused(edited(lambda f: replace(f["obs"], "prompt_tokens", numpy.full(60, -1.0))), "row 0")
    refused(edited(lambda f: replace(f["obsm"], "cost", numpy.full((60, 3), -1.0))), "row 0")
    refused(edited(lambda f: replace(f["obsm"], "outcome", numpy.full((60, 3), 1.5))), "row 0")
    refused(edited(lambda f: replace(f["obsm"], "outcome", numpy.full((60, 3), "win").astype(object))), "/obsm/outcome")
    refused(edited(lambda f: replace(f["obsm"], "score", numpy.zeros((60, 2)))), "columns")
    refused(edited(lambda f: replace(f["var"], "_index", ["same"] * 200)), "same")
    refused(edited(lambda f: replace(f["uns/tagroute"], "version", 2)), "newer")
    refused(edited(lambda f: f["X"].attrs.__setitem__("encoding-type", "ragged")), "/X")
    refused(edited(lambda f: replace(f["X"], "data", numpy.zeros(3, dtype=[("a", "i4")]))), "/X/data")


def decisions():
    """One threshold is a categorical of obs, several a matrix of obsm."""
    for words in ((), ("margins",), ("ids", "margins")):
        tool("decide", "one.h5", 1, *words)
        data = anndata.read_h5ad("one.h5")
        expected = [[None, "gpt-4", "mixtral", 'qwen "2"', "gpt-4"][i % 5] for i in range(500)]
        assert plain(data.obs["model"]) == expected
        assert data.n_obs == 500 and data.n_vars == 0
        assert ("margin" in data.obs) == ("margins" in words)
        assert data.obs_names[7].startswith("q7" if "ids" in words else "7")
        own = data.uns["tagroute"]
        assert own["format"] == "tagroute.decisions" and own["policy"] == "utility" and own["reference"] == "gpt-4"
        assert list(own["thresholds"]) == [0.0] and list(own["query_digests"]) == ["q1", ""]
        tool("decide", "one.jsonl", 1, *words)
        lines = lines_of("one.jsonl")
        assert [line["model"] for line in lines] == expected
        if "margins" in words:
            same_numbers([line["margin"] for line in lines], data.obs["margin"])
        data.write_h5ad("again.h5")
    tool("decide", "many.h5", 4, "margins")
    data = anndata.read_h5ad("many.h5")
    assert data.obsm["model"].shape == (500, 4) and data.obsm["margin"].dtype == numpy.float32
    tool("decide", "many.jsonl", 4)
    lines = lines_of("many.jsonl")
    models = list(data.uns["tagroute"]["models"])
    for row, line in zip(data.obsm["model"], lines):
        assert line["models"] == [None if m < 0 else models[m] for m in row]
    same_numbers([m for line in lines for m in line["margins"]], data.obsm["margin"])
    refused("one.h5", "decisions")
    try:
        import msgpack
    except ImportError:
        print("MessagePack not compared: no msgpack module")
        return
    for thresholds in (1, 4):
        tool("decide", "x.msgpack", thresholds)
        tool("decide", "x.jsonl", thresholds)
        lines = lines_of("x.jsonl")
        with open("x.msgpack", "rb") as file:
            records = list(msgpack.Unpacker(file, raw=False))
        assert len(lines) == len(records) == 500
        for line, record in zip(lines, records):
            margins = [line.pop(key, None) for key in ("margin", "margins")]
            others = [record.pop(key, None) for key in ("margin", "margins")]
            assert line == record
            same_numbers(numpy.ravel(margins[thresholds > 1]).tolist(), numpy.array(others[thresholds > 1], float))


def main():
    # Only what anndata or pandas say about themselves; what they say about a file is an error.
    warnings.simplefilter("error")
    warnings.filterwarnings("ignore", category=DeprecationWarning)
    warnings.filterwarnings("ignore", category=FutureWarning)
    warnings.filterwarnings("ignore", message="(?s).*(Observation names|dtype argument|is a view|implicit).*")
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        for test in (
            own_files,
            foreign_matrices,
            foreign_columns,
            hand_made_layouts,
            layouts_of_h5py,
            files_of_10x,
            refusals,
            decisions,
        ):
            test()
            print("ok", test.__name__)
        os.chdir("/")


main()
