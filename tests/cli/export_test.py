#!/usr/bin/python3
"""export: every logged request once, in a file of its model or in the list of those left out."""
import collections
import csv
import io
import json
import os
import signal
import subprocess
import time

import anndata
import msgpack

from harness import PROGRAM, Scratch, default_signals, environment, main

COUNT = 240
MARKER = "zanzibar"  # in every text, and in no message


def words(number):
    kind = "algebra theorem" if number % 3 else "poem rhyme"
    return f"{MARKER} {kind} number {number} \u00fc \"quoted\" \\ \n"


def openai(number):
    body = {"model": "logged-model", "messages": [
        {"role": "system", "content": "be kind"},
        {"role": "user", "content": [{"type": "text", "text": words(number)}]}],
        "temperature": 0.5, "max_tokens": 64, "seed": 2**60 + number, "stop": "END"}
    return {"custom_id": f"q{number}", "method": "POST", "url": "/v1/chat/completions", "body": body}


def litellm(number):
    return {"id": f"q{number}", "call_type": "acompletion", "status": "failure" if number % 40 == 7
            else "success", "model": "logged-model", "response_cost": 0.5,
            "model_parameters": {"temperature": 0.25, "tools": []} if number % 2 else {},
            "messages": [{"role": "user", "content": words(number)}]}


def own(number):
    return {"id": f"q{number}", "text": words(number)}


def lines(rows):
    return "".join(json.dumps(row) + "\n" for row in rows)


class Export(Scratch):
    def setUp(self):
        """A router that sends algebra to `large/1` and poems to `small`, by their words."""
        super().setUp()
        judged = []
        for i in range(200):
            hard = i % 3 != 0
            judged.append({"id": f"j{i}", "text": words(i), "models": {
                "small": {"score": 0.0 if hard else 1.0, "cost": 0.001},
                "large/1": {"score": 1.0, "cost": 0.02}}})
        self.write("judged.jsonl", lines(judged))
        self.works("tag", "--learn", "judged.jsonl", "-o", "vocab.msgpack", "--max-share", "0.9")
        self.works("ingest", "judged.jsonl", "-o", "judged.h5", "--vocab", "vocab.msgpack")
        self.works("fit", "judged.h5", "-o", "r.msgpack", "--scorer", "bayes", "--reference", "large/1")

    def route(self, log, rows, *more):
        self.write(log, lines(rows) if not isinstance(rows, bytes) else rows)
        self.works("ingest", log, "-o", "q.h5", "--router", "r.msgpack", *more)
        self.works("route", "q.h5", "-r", "r.msgpack", "-o", "d.h5", "--theta", "-0.2")
        told = anndata.read_h5ad(self.path("q.h5")).obs_names
        model = anndata.read_h5ad(self.path("d.h5")).obs["model"].astype(str)
        self.chosen = dict(zip(told, model))
        self.assertEqual(set(self.chosen.values()), {"large/1", "small"})

    def export(self, log, *more, batch="openai", folder="out", works=True):
        words_ = ["export", "q.h5", "-d", "d.h5", "--batch", batch, "--log", log, "-o", folder, *more]
        done = self.works(*words_)
        self.assertNotIn(MARKER.encode(), done.stdout + done.stderr)
        with open(self.path(f"{folder}/manifest.json"), encoding="utf-8") as file:
            return json.load(file)

    def requests(self, manifest, folder="out"):
        """Checks the manifest against the files; (model, line) of each request."""
        found = []
        listed = {file["file"] for file in manifest["files"]}
        there = set(os.listdir(self.path(folder))) - {"manifest.json", "left_out.jsonl"}
        self.assertEqual(there, listed)
        for file in manifest["files"]:
            content = self.read(f"{folder}/{file['file']}")
            self.assertEqual(len(content), file["bytes"])
            whole = content.decode()
            requests = (json.loads(whole)["requests"] if file["file"].endswith(".json")
                        else [json.loads(line) for line in whole.splitlines()])
            self.assertEqual(len(requests), file["requests"])
            ids = [request["custom_id"] for request in requests]
            self.assertEqual(len(set(ids)), len(ids))
            found += [(file["model"], request) for request in requests]
        self.assertEqual(len(found), manifest["requests"])
        self.assertEqual(sum(f["bytes"] for f in manifest["files"]), manifest["bytes"])
        return found

    def left_out(self, folder="out"):
        path = self.path(f"{folder}/left_out.jsonl")
        if not os.path.exists(path):
            return []
        return [json.loads(line) for line in self.read(f"{folder}/left_out.jsonl").splitlines()]

    def test_openai_bodies_are_kept_but_for_the_model(self):
        rows = [openai(i) for i in range(COUNT)]
        self.route("log.jsonl", rows)
        manifest = self.export("log.jsonl", "--model-name", "large/1=gpt-5", "-r", "r.msgpack")
        sources = {row["custom_id"]: row for row in rows}
        for model, request in self.requests(manifest):
            source = sources.pop(request["custom_id"])
            self.assertEqual(self.chosen[request["custom_id"]], model)
            self.assertEqual(request["body"].pop("model"), "gpt-5" if model == "large/1" else "small")
            del source["body"]["model"]
            self.assertEqual(request, source)
        self.assertEqual(sources, {})
        self.assertEqual({f["file"].split(".")[0] for f in manifest["files"]}, {"large_1", "small"})
        counts = collections.Counter(self.chosen.values())
        # mean costs of the training data
        self.assertAlmostEqual(manifest["expected_cost"], counts["large/1"] * 0.02 + counts["small"] * 0.001,
                               places=6)
        self.assertEqual((manifest["left_out"], manifest["renamed"], self.left_out()), (0, 0, []))

    def test_spans_become_requests(self):
        """OpenTelemetry's messages in each way that they are written, with what was sent beside them."""
        def value(of):
            if isinstance(of, list):
                return {"arrayValue": {"values": [value(one) for one in of]}}
            if isinstance(of, dict):
                return {"kvlistValue": {"values": [{"key": k, "value": value(v)} for k, v in of.items()]}}
            return {"intValue": str(of)} if isinstance(of, int) else \
                {"doubleValue": of} if isinstance(of, float) else {"stringValue": of}

        def span(number, way, more=()):
            user = [{"type": "text", "content": words(number)}, *more]
            messages = [{"role": "system", "parts": [{"type": "text", "content": "be kind"}]},
                        {"role": "user", "parts": user}]
            given = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "logged-model",
                     "gen_ai.request.temperature": 0.5, "gen_ai.request.max_tokens": 64,
                     "gen_ai.request.seed": -7, "gen_ai.request.stop_sequences": ["END"]}
            if way == "numbered":
                given.update({"gen_ai.prompt.0.role": "system", "gen_ai.prompt.0.content": "be kind",
                              "gen_ai.prompt.1.role": "user", "gen_ai.prompt.1.content": words(number)})
            else:
                given["gen_ai.input.messages"] = json.dumps(messages) if way == "text" else messages
            listed = [{"key": key, "value": value(one)} for key, one in given.items()]
            return {"traceId": "t", "spanId": f"q{number}", "attributes": listed if way == "typed" else given}
        ways = ("text", "typed", "plain", "numbered")
        rows = [span(i, ways[i % 4]) for i in range(80)]
        rows += [span(80, "text", [{"type": "blob", "modality": "image", "content": "AA=="}]),
                 span(81, "plain", [{"type": "reasoning", "content": "hm"}]),
                 span(82, "typed", [{"type": "text", "content": "and this"}])]
        self.route("log.jsonl", rows)
        sent = {"temperature": 0.5, "max_tokens": 64, "seed": -7, "stop": ["END"]}
        for batch, folder in (("vllm", "out"), ("anthropic", "two")):
            manifest = self.export("log.jsonl", batch=batch, folder=folder)
            found = {request["custom_id"]: request for _, request in self.requests(manifest, folder)}
            self.assertEqual({row["id"] for row in self.left_out(folder)}, {"q80", "q81"})
            self.assertEqual(manifest["from_text"], 0)
            for number in range(80):
                request = found[f"q{number}"]
                if batch == "vllm":
                    request["body"].pop("model")
                    self.assertEqual(request["body"], {"messages": [
                        {"role": "system", "content": "be kind"}, {"role": "user", "content": words(number)}], **sent})
                else:
                    self.assertEqual(request["params"]["system"], [{"type": "text", "text": "be kind"}])
                    self.assertEqual(request["params"]["messages"], [{"role": "user", "content": words(number)}])
                    self.assertEqual(request["params"]["max_tokens"], 64)
            last = found["q82"]["body" if batch == "vllm" else "params"]["messages"][-1]
            self.assertEqual(last["content"], [{"type": "text", "text": words(82)},
                                               {"type": "text", "text": "and this"}])

    def test_limits_make_more_files(self):
        self.route("log.jsonl", [openai(i) for i in range(COUNT)])
        manifest = self.export("log.jsonl", "--max-requests", "50", batch="vllm")
        self.assertTrue(all(file["requests"] <= 50 for file in manifest["files"]))
        self.assertEqual(len(self.requests(manifest)), COUNT)
        manifest = self.export("log.jsonl", "--max-bytes", "8K", folder="small")
        self.assertTrue(all(file["bytes"] <= 8192 for file in manifest["files"]))
        self.assertGreater(len(manifest["files"]), 8)
        self.assertEqual(len(self.requests(manifest, "small")), COUNT)

    def test_what_is_left_out_is_listed(self):
        """Failed calls, lines that are no JSON, and all else stand in one list or the other."""
        text = lines(litellm(i) for i in range(COUNT)).splitlines(keepends=True)
        text.insert(5, '{"id": "broken", "messages": ' + "\n")
        self.route("log.jsonl", "".join(text).encode())
        manifest = self.export("log.jsonl", batch="mistral")
        requests, out = self.requests(manifest), self.left_out()
        failed = {f"q{i}" for i in range(COUNT) if i % 40 == 7}
        self.assertEqual({row["id"] for row in out if row["id"]}, failed)
        self.assertEqual({r["custom_id"] for _, r in requests} | failed, {f"q{i}" for i in range(COUNT)})
        self.assertEqual(len(requests) + len(out), COUNT + 1)
        self.assertEqual(manifest["left_out_by_reason"]["failed calls"], len(failed))
        self.assertEqual(sum(manifest["left_out_by_reason"].values()), len(out))
        by_id = {f"q{i}": litellm(i) for i in range(COUNT)}
        for _, request in requests:
            source = by_id[request["custom_id"]]
            self.assertEqual(request["body"],
                             {"messages": source["messages"], **source["model_parameters"]})

    def test_anthropic(self):
        rows = [openai(i) for i in range(COUNT)]
        rows[3]["custom_id"] = "no good id: " + "x" * 80
        rows[9]["body"]["messages"][1]["content"].append(
            {"type": "image_url", "image_url": {"url": "data:,"}})
        rows[30]["custom_id"] = rows[33]["custom_id"] = "twice"
        self.route("log.jsonl", rows)
        manifest = self.export("log.jsonl", "--model-name", "small=claude-haiku", batch="anthropic")
        requests = {r["custom_id"]: (m, r["params"]) for m, r in self.requests(manifest)}
        self.assertEqual(len(requests), COUNT - 1)
        self.assertEqual(manifest["renamed"], 2)
        self.assertTrue({"row3", "twice", "twice_row33"} <= set(requests))
        [out] = self.left_out()
        self.assertEqual(out["id"], "q9")
        model, params = requests["q12"]
        self.assertEqual(params, {
            "model": "claude-haiku" if model == "small" else model, "max_tokens": 64,
            "system": [{"type": "text", "text": "be kind"}],
            "messages": [{"role": "user", "content": [{"type": "text", "text": words(12)}]}],
            "temperature": 0.5, "stop_sequences": ["END"]})

    def test_texts_become_messages(self):
        packed = b"".join(msgpack.packb(own(i)) for i in range(COUNT))
        self.route("log.msgpack", packed)
        manifest = self.export("log.msgpack")
        self.assertEqual(manifest["from_text"], COUNT)
        for model, request in self.requests(manifest):
            number = int(request["custom_id"][1:])
            self.assertEqual(request["body"], {"model": model, "messages": [
                {"role": "user", "content": words(number)}]})

    def test_several_logs_of_one_name(self):
        os.makedirs(self.path("a"))
        self.write("a/log.jsonl", lines(openai(i) for i in range(100)))
        self.write("log.jsonl", lines(openai(i) for i in range(100, COUNT)))
        self.works("ingest", "a/log.jsonl", "log.jsonl", "-o", "q.h5", "--router", "r.msgpack")
        self.works("route", "q.h5", "-r", "r.msgpack", "-o", "d.h5", "--theta", "-0.2")
        manifest = self.export("a/log.jsonl", "--log", "log.jsonl")
        self.assertEqual(len({r["custom_id"] for _, r in self.requests(manifest)}), COUNT)
        self.assertEqual([log["log"] for log in manifest["logs"]], ["log.jsonl", "log.jsonl#2"])
        message = self.fails(3, "export", "q.h5", "-d", "d.h5", "--batch", "openai", "--log",
                             "log.jsonl", "-o", "other")
        self.assertIn("log.jsonl", message)
        self.assertEqual(os.listdir(self.path("other")), [])

    def test_a_log_that_changed_is_noticed(self):
        rows = [openai(i) for i in range(COUNT)]
        self.route("log.jsonl", rows)
        changed = lines(rows).replace("rhyme number 0", "rhyme number 8")
        for content in (changed, lines(rows[1:]), lines(rows) + lines([openai(999)]), lines(rows)[:-500]):
            self.write("log.jsonl", content)
            message = self.fails(3, "export", "q.h5", "-d", "d.h5", "--batch", "openai", "--log",
                                 "log.jsonl", "-o", "out", "--max-requests", "20")
            self.assertNotIn(MARKER, message)
            self.assertEqual(os.listdir(self.path("out")), [])

    def test_wrong_use(self):
        self.route("log.jsonl", [openai(i) for i in range(COUNT)])
        base = ["export", "q.h5", "-d", "d.h5"]
        self.fails(2, *base)
        self.fails(2, *base, "--batch", "azure", "--log", "log.jsonl", "-o", "out")
        self.fails(2, *base, "--batch", "openai", "-o", "out")
        self.fails(2, *base, "--batch", "openai", "--log", "log.jsonl")
        self.fails(2, *base, "--table", "t.csv", "--log", "log.jsonl")
        self.fails(2, *base, "--table", "t.doc")
        self.fails(2, *base, "--batch", "openai", "--log", "log.jsonl", "-o", "out", "--model-name", "big=x")
        self.fails(3, "export", "judged.h5", "-d", "d.h5", "--table", "t.csv")
        self.fails(1, *base, "--batch", "openai", "--log", "log.jsonl", "-o", "log.jsonl")
        self.export("log.jsonl")
        self.assertIn("holds an export", self.fails(2, *base, "--batch", "openai", "--log", "log.jsonl",
                                                    "-o", "out"))
        self.works("route", "q.h5", "-r", "r.msgpack", "-o", "two.h5", "--theta", "-0.1,0.1")
        self.assertIn("thresholds", self.fails(3, "export", "q.h5", "-d", "two.h5", "--table", "t.csv"))
        self.works("route", "q.h5", "-r", "r.msgpack", "-o", "s.h5", "--theta", "0", "--shard", "1/2")
        self.assertIn("shard", self.fails(3, "export", "q.h5", "-d", "s.h5", "--table", "t.csv"))

    def test_tables(self):
        rows = [openai(i) for i in range(COUNT)]
        rows[0]["custom_id"] = 'odd, "id"'
        self.route("log.jsonl", rows)
        for name in ("t.csv", "t.jsonl", "t.msgpack", "t.h5"):
            self.works("export", "q.h5", "-d", "d.h5", "--table", name)
        expected = list(self.chosen.items())
        table = list(csv.reader(io.StringIO(self.read("t.csv").decode(), newline="")))
        self.assertEqual(table[0], ["id", "model"])
        self.assertEqual([tuple(row) for row in table[1:]], expected)
        pairs = [json.loads(line) for line in self.read("t.jsonl").splitlines()]
        self.assertEqual([(row["id"], row["model"]) for row in pairs], expected)
        pairs = list(msgpack.Unpacker(io.BytesIO(self.read("t.msgpack"))))
        self.assertEqual([(row["id"], row["model"]) for row in pairs], expected)
        table = anndata.read_h5ad(self.path("t.h5")).obs["model"].astype(str)
        self.assertEqual(list(zip(table.index, table)), expected)
        shown = self.works("export", "q.h5", "-d", "d.h5", "--table", "-").stdout
        self.assertEqual(shown, self.read("t.csv"))

    def test_a_killed_export_goes_on_to_the_same_bytes(self):
        rows = [openai(i) for i in range(6000)]
        self.route("log.jsonl", rows)
        more = ("--max-requests", "37")
        self.export("log.jsonl", *more, folder="whole")
        whole = {name: self.read(f"whole/{name}") for name in os.listdir(self.path("whole"))}
        command = [PROGRAM, "export", "q.h5", "-d", "d.h5", "--batch", "openai", "--log", "log.jsonl",
                   "-o", "out", *more]
        kept = 0
        for turn in range(8):
            process = subprocess.Popen([*command, *["--resume"] * (turn > 0)], cwd=self.folder,
                                       stderr=subprocess.DEVNULL, env=environment(),
                                       preexec_fn=default_signals)
            wanted = (turn + 1) * 14  # whole files before the signal
            while process.poll() is None:
                there = os.listdir(self.path("out")) if os.path.isdir(self.path("out")) else []
                if sum(name.endswith(".partial") for name in there) > wanted:
                    process.send_signal(signal.SIGKILL if turn % 2 else signal.SIGINT)
                    process.wait()
                time.sleep(0.001)
            names = os.listdir(self.path("out"))
            if "manifest.json" in names:
                break
            kept = max(kept, sum(name.endswith(".partial") for name in names))
            self.assertFalse([name for name in names if not name.startswith(".")])
        self.works(*command[1:], "--resume")
        self.assertGreater(kept, 0)
        self.assertEqual({n: self.read(f"out/{n}") for n in os.listdir(self.path("out"))}, whole)
        self.assertIn(b"there already", self.works(*command[1:], "--resume").stderr)


if __name__ == "__main__":
    main()
