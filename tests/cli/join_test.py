#!/usr/bin/python3
"""Judgements joined to a query file: what was judged, and nothing else, is changed."""
import json

import anndata
import numpy

from harness import Scratch, jsonl, main, records


class Join(Scratch):
    def setUp(self):
        super().setUp()
        self.log = [dict(record) for record in records(60)]
        for record in self.log[30:]:
            del record["models"]
        self.write("log.jsonl", jsonl(self.log))
        self.works("ingest", "log.jsonl", "-o", "q.h5", "-q")
        self.judged = [{"id": self.log[at]["id"], "model": model, **found} for at, model, found in (
            (3, "new", {"score": 0.25}), (40, "new", {"outcome": "win"}),
            (40, "new", {"outcome": "loss", "score": -1}), (59, "a,b\"c", {"score": 1, "outcome": "tie"}),
            (0, next(iter(self.log[0]["models"])), {"outcome": "win"}))]

    def expected(self):
        """The log with the judgements written into it by hand."""
        for judged in self.judged:
            for record in self.log:
                if record["id"] == judged["id"]:
                    entry = record.setdefault("models", {}).setdefault(judged["model"], {})
                    for key in ("score", "outcome"):
                        entry.pop(key, None)
                        if key in judged:
                            entry[key] = judged[key]
        self.write("changed/log.jsonl", jsonl(self.log))
        return anndata.read_h5ad(self.ingested("changed/log.jsonl"))

    def ingested(self, log):
        self.works("ingest", log, "-o", "expected.h5", "-q")
        return self.path("expected.h5")

    def write(self, name, content):
        import os
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        return super().write(name, content)

    def same(self, found, wanted):
        self.assertEqual(list(found.obs_names), list(wanted.obs_names))
        self.assertEqual((found.X != wanted.X).nnz, 0)
        self.assertEqual(list(found.uns["tagroute"]["models"]), list(wanted.uns["tagroute"]["models"]))
        for name in wanted.obsm:
            self.assertTrue(numpy.array_equal(found.obsm[name], wanted.obsm[name],
                                              equal_nan=found.obsm[name].dtype.kind == "f"), name)
        self.assertEqual(set(found.obsm), set(wanted.obsm))

    def test_json_and_csv_are_as_if_logged(self):
        self.write("o.jsonl", jsonl(self.judged))
        rows = [("id", "score", "note", "model", "outcome")]
        for judged in self.judged:
            model = '"' + judged["model"].replace('"', '""') + '"'
            rows.append((str(judged["id"]), str(judged.get("score", "")), '"two\nlines, quoted"', model,
                         judged.get("outcome", "")))
        self.write("o.csv", "\ufeff" + "\r\n".join(map(",".join, rows)) + "\r\n\r\n")
        told = self.works("join", "q.h5", "--outcomes", "o.jsonl", "-o", "j.h5").stderr.decode()
        self.assertIn("4 of 60 queries judged, by 4 judgements of 4 ids", told)
        self.works("join", "q.h5", "--outcomes", "o.csv", "-o", "c.h5")
        self.assertEqual(self.read("j.h5"), self.read("c.h5"))
        self.assertEqual(self.works("info", "j.h5").returncode, 0)
        self.same(anndata.read_h5ad(self.path("j.h5")), self.expected())
        self.works("fit", "j.h5", "-o", "r.msgpack", "--reference", "new", "--min-count", "1")

    def test_ids_of_no_query_are_told(self):
        strange = [{"id": f"other-{at}", "model": "new", "score": 0} for at in range(7)]
        self.write("o.jsonl", jsonl(self.judged + strange))
        told = self.works("join", "q.h5", "--outcomes", "o.jsonl", "-o", "j.h5").stderr.decode()
        self.assertIn("7 ids are of no query, such as other-0, other-1, other-2, other-3, other-4\n", told)
        self.write("s.jsonl", jsonl(strange))
        self.assertIn("no query has the id of a judgement",
                      self.fails(3, "join", "q.h5", "--outcomes", "s.jsonl", "-o", "s.h5"))
        self.assertNotIn("s.h5", self.names())

    def test_what_is_wrong_is_named(self):
        good = json.dumps({"id": 1, "model": "m", "score": 1}) + "\n"
        for name, text, sentence in (
                ("o.jsonl", good + '{"id": 1, "model": "m"}\n', "o.jsonl: line 2: neither"),
                ("o.jsonl", good + "x\n", "o.jsonl: line 2: "),
                ("o.jsonl", '{"model": "m", "score": 1}', "no \"id\""),
                ("o.jsonl", '{"id": "a", "score": 1}', "no \"model\""),
                ("o.jsonl", '{"id": "a", "model": "m", "score": "x"}', "\"score\" is not a finite"),
                ("o.jsonl", '{"id": "a", "model": "m", "outcome": "won"}', "is not win, tie or loss"),
                ("o.jsonl", '{"id": "a", "model": "m", "score": 1, "weight": 0}', "\"weight\""),
                ("o.jsonl", '{"id": ["a"], "model": "m", "score": 1}', "neither a number nor a text"),
                ("o.jsonl", "", "holds no judgement"),
                ("o.csv", "id,model\na,b\n", "does not name the columns"),
                ("o.csv", 'id,model,score\na,"b,1\n', "line 2: a quoted field does not end"),
                ("o.csv", 'id,model,score\na,"b"c,1\n', "line 2: a quoted field goes on"),
                ("o.csv", "id,model,score\na,b,\n", "line 2: neither"),
                ("o.csv", "id,model,score\na,b,inf\n", "line 2: \"score\"")):
            self.write(name, text)
            self.assertIn(sentence, self.fails(3, "join", "q.h5", "--outcomes", name, "-o", "j.h5"))
        self.assertIn("--outcomes names a file", self.fails(2, "join", "q.h5", "-o", "j.h5"))
        self.fails(2, "join", "q.h5", "--outcomes", "-", "-o", "j.h5")
        self.fails(1, "join", "q.h5", "--outcomes", "none", "-o", "j.h5")


if __name__ == "__main__":
    main()
