#!/usr/bin/python3
"""Logs of other schemas: who was called with what, what it cost, and what is no query."""
import json

import anndata
import msgpack
import numpy

from harness import GENERATOR, Scratch, main

MARKER = "zanzibar-marker"  # stands in every text, and in no message


def litellm(number, **changes):
    record = {"id": f"call-{number}", "trace_id": "t", "call_type": "acompletion", "status": "success",
              "model": "openai/gpt-4o-2024-08-06", "model_group": "gpt-4o", "response_cost": 0.25,
              "prompt_tokens": 12, "completion_tokens": 34, "model_parameters": {"temperature": 0},
              "metadata": {"user_api_key_team_alias": "search" if number % 2 else "ads"},
              "messages": [{"role": "system", "content": "be kind"},
                           {"role": "user", "content": f"{MARKER} first"},
                           {"role": "assistant", "content": "yes"},
                           {"role": "user", "content": f"{MARKER} last"}]}
    record.update(changes)
    return record


def openai(number, **changes):
    return {"custom_id": f"call-{number}", "method": "POST", "url": "/v1/chat/completions",
            "body": {"model": "gpt-4o", "messages": [
                {"role": "user", "content": [
                    {"type": "text", "text": f"{MARKER} last"},
                    {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA"}}]}]},
            **changes}


def attributes(number):
    messages = [{"role": "user", "parts": [{"type": "text", "content": f"{MARKER} last"}]}]
    return {"gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-4o",
            "gen_ai.response.model": "gpt-4o", "gen_ai.usage.input_tokens": 12,
            "gen_ai.usage.output_tokens": 34, "gen_ai.usage.cost": 0.25,
            "gen_ai.input.messages": json.dumps(messages), "team": "ads"}


def otlp(value):
    kind = {str: "stringValue", int: "intValue", float: "doubleValue"}[type(value)]
    return {kind: str(value) if isinstance(value, int) else value}


def span(number, listed=False):
    found = attributes(number)
    if listed:
        found = [{"key": key, "value": otlp(value)} for key, value in found.items()]
    return {"traceId": "aa", "spanId": f"call-{number}", "name": "chat gpt-4o", "status": {},
            "attributes": found}


def langfuse(number, **changes):
    return {"id": f"call-{number}", "traceId": "t", "type": "GENERATION", "level": "DEFAULT",
            "model": "gpt-4o", "input": {"messages": [{"role": "user", "content": f"{MARKER} last"}],
                                         "tools": [{"name": "f"}]},
            "usageDetails": {"input": 12, "output": 34}, "costDetails": {"total": 0.25}, **changes}


def lines(records):
    return "".join(json.dumps(record) + "\n" for record in records)


class Schemas(Scratch):
    def ingest(self, text, *words, name="log.jsonl"):
        self.write(name, text)
        told = self.works("ingest", name, "-o", "q.h5", *words)
        self.assertNotIn(MARKER.encode(), told.stdout + told.stderr)
        self.assertEqual(self.works("info", "q.h5").returncode, 0)
        self.told = told.stderr.decode()
        return anndata.read_h5ad(self.path("q.h5"))

    def check(self, found, ids, cost=0.25, tokens=12):
        """What every schema says of its calls."""
        self.assertEqual(list(found.obs_names), ids)
        self.assertEqual(set(found.obs["logged_model"].astype(str)), {"gpt-4o"})
        if cost is not None:
            self.assertEqual(set(found.obs["logged_cost"]), {cost})
            self.assertEqual(set(found.obsm["cost"].ravel()), {cost})
        if tokens is not None:
            self.assertEqual(set(found.obs["prompt_tokens"]), {tokens})
            self.assertEqual(set(found.obsm["completion_tokens"].ravel()), {34})
        self.assertEqual(set(found.obs["text"]), {f"{MARKER} last"})

    def skipped(self, found):
        return {key[8:]: int(value) for key, value in found.uns["tagroute"].items()
                if key.startswith("skipped_")}

    def test_litellm(self):
        records = [litellm(0), litellm(1, model_parameters={"tools": [{"type": "function"}]}),
                   litellm(2, status="failure"), litellm(3, call_type="aembedding"),
                   litellm(4, messages=[{"role": "user", "content": "redacted-by-litellm"}]),
                   litellm(5, messages=None), {"standard_logging_object": litellm(6)}]
        for words in ((), ("--from", "litellm")):
            found = self.ingest(lines(records), *words, "--keep",
                              "team=metadata.user_api_key_team_alias")
            self.check(found, ["call-0", "call-1", "call-6"])
            self.assertEqual(self.skipped(found), {"failed": 1, "not_chat": 1, "no_text": 2})
            self.assertIn("4 records are no queries: 1 failed calls, 1 no chats, 2 without text",
                          self.told)
            self.assertEqual(list(found.obs["needs"].astype(object).fillna("")),
                             ["", '["function_calling"]', ""])
            self.assertEqual(list(found.obs["team"].astype(object).fillna("")), ["ads", "search", ""])

    def test_which_text(self):
        for which, text in (("last-user", f"{MARKER} last"),
                            ("users", f"{MARKER} first\n{MARKER} last"),
                            ("all", f"be kind\n{MARKER} first\nyes\n{MARKER} last")):
            found = self.ingest(lines([litellm(0)]), "--text", which)
            self.assertEqual(list(found.obs["text"]), [text])

    def test_openai(self):
        answer = {"status_code": 200, "body": {"model": "gpt-4o", "usage": {
            "prompt_tokens": 12, "completion_tokens": 34}}}
        records = [openai(0, response=answer), openai(1, url="/v1/embeddings"),
                   openai(2, response={"status_code": 500}),
                   {"id": "b", "custom_id": "call-3", "response": answer, "error": None}]
        found = self.ingest(lines(records))
        self.check(found, ["call-0"], cost=None)
        self.assertEqual(list(found.obs["needs"]), ['["vision"]'])
        self.assertEqual(self.skipped(found), {"failed": 1, "not_chat": 1, "response": 1})
        body = dict(openai(0)["body"], messages=[{"role": "user", "content": f"{MARKER} last"}])
        self.check(self.ingest(lines([body])), ["log.jsonl@0"], cost=None, tokens=None)

    def test_otel(self):
        failed = dict(span(2), status={"code": "STATUS_CODE_ERROR"})
        other = {"traceId": "aa", "spanId": "s", "name": "GET /", "attributes": {"http.method": "GET"}}
        found = self.ingest(lines([span(0), span(1, listed=True), failed, other]), "--keep",
                          "team=attributes.team")
        self.check(found, ["call-0", "call-1"])
        self.assertEqual(self.skipped(found), {"failed": 1, "not_chat": 1})
        self.assertEqual(list(found.obs["team"]), ["ads", "ads"])
        export = {"resourceSpans": [{"resource": {}, "scopeSpans": [
            {"spans": [span(0, True), other]}, {"spans": [span(1, True)]}]}]}
        found = self.ingest(lines([export, span(2)]))
        self.check(found, ["call-0", "call-1", "call-2"])
        self.assertEqual(list(found.obs["record_part"]), [0, 2, 0])

    def test_otel_numbered_keys(self):
        """Messages under numbered keys, in any order, with tools and pictures among them."""
        def numbered(number, listed, **more):
            found = {key: value for key, value in attributes(number).items()
                     if key != "gen_ai.input.messages"}
            found.update({"gen_ai.prompt.10.role": "user", "gen_ai.prompt.10.content": f"{MARKER} last",
                          "gen_ai.prompt.2.role": "user", "gen_ai.prompt.2.content": f"{MARKER} first",
                          "gen_ai.prompt.0.content": "be kind", "gen_ai.prompt.0.role": "system",
                          "gen_ai.prompt.3.role": "assistant", "gen_ai.prompt.3.content": "yes",
                          "gen_ai.completion.0.role": "assistant", "gen_ai.completion.0.content": "no"})
            found.update(more)
            if listed:
                found = [{"key": key, "value": otlp(value)} for key, value in found.items()]
            return {"traceId": "aa", "spanId": f"call-{number}", "attributes": found}
        parts = json.dumps([{"type": "text", "text": f"{MARKER} last"},
                            {"type": "image_url", "image_url": {"url": "data:"}}])
        earlier = json.dumps([{"type": "text", "text": f"{MARKER} first"}])
        log = [numbered(0, False), numbered(1, True),
               numbered(2, False, **{"gen_ai.completion.0.tool_calls.0.name": "f"}),
               numbered(3, True, **{"llm.request.functions.0.name": "f"}),
               numbered(4, False, **{"gen_ai.prompt.10.content": parts, "gen_ai.prompt.2.content": earlier})]
        for which, text in (("last-user", f"{MARKER} last"),
                            ("users", f"{MARKER} first\n{MARKER} last"),
                            ("all", f"be kind\n{MARKER} first\nyes\n{MARKER} last")):
            found = self.ingest(lines(log), "--text", which)
            self.assertEqual(list(found.obs["text"]), [text] * 5)
        self.assertEqual(list(found.obs["needs"].astype(object).fillna("")),
                         ["", "", '["function_calling"]', '["function_calling"]', '["vision"]'])
        answers = dict(attributes(5), **{"gen_ai.completion.0.content": "no"})
        del answers["gen_ai.input.messages"]
        found = self.ingest(lines([span(0), dict(span(5), attributes=answers)]))
        self.assertEqual(self.skipped(found), {"no_text": 1})
        odd = {f"gen_ai.prompt.{at}": "x" for at in ("", "x.content", "1", "1.", "99999999999.content", ".0")}
        found = self.ingest(lines([span(0), dict(span(6), attributes={**answers, **odd})]))
        self.assertEqual(self.skipped(found), {"no_text": 1})

    def test_otel_typed_messages(self):
        """OTLP's arrayValue and kvlistValue, as exporters write structured attributes."""
        def typed(value):
            if isinstance(value, list):
                return {"arrayValue": {"values": [typed(one) for one in value]}}
            if isinstance(value, dict):
                return {"kvlistValue": {"values": [{"key": key, "value": typed(one)}
                                                   for key, one in value.items()]}}
            return {"boolValue": value} if isinstance(value, bool) else otlp(value)
        messages = [{"role": "system", "parts": [{"type": "text", "content": "be kind"}]},
                    {"role": "user", "parts": [{"type": "text", "content": f"{MARKER} last"},
                                               {"type": "blob", "modality": "image", "ok": True}]},
                    {"role": "assistant", "parts": []}]
        for given in (messages, {"messages": messages}):
            found = {**attributes(0), "gen_ai.input.messages": given}
            listed = [{"key": key, "value": typed(value)} for key, value in found.items()]
            record = {"traceId": "aa", "spanId": "call-0", "attributes": listed}
            made = self.ingest(lines([record]))
            self.check(made, ["call-0"])
            self.assertEqual(list(made.obs["needs"]), ['["vision"]'])
        for odd in ({"arrayValue": {"values": []}}, {"arrayValue": {}}, {"kvlistValue": {"values": []}}):
            listed[-2]["value"] = odd
            self.assertEqual(listed[-2]["key"], "gen_ai.input.messages")
            made = self.ingest(lines([record, span(1)]))
            self.assertEqual(self.skipped(made), {"no_text": 1})

    def test_cached_tokens(self):
        """The column that prices use; of all tokens of the prompt, however a schema counts them."""
        usage = {"prompt_tokens": 12, "completion_tokens": 34, "prompt_tokens_details": {"cached_tokens": 5}}
        beside = {"input_tokens": 4, "cache_read_input_tokens": 5, "cache_creation_input_tokens": 3,
                  "output_tokens": 34}
        responses = {"input_tokens": 12, "input_tokens_details": {"cached_tokens": 5}, "output_tokens": 34}
        def answered(usage):
            return openai(0, response={"status_code": 200, "body": {"model": "gpt-4o", "usage": usage}})
        cases = [litellm(0, metadata={"usage_object": usage}), litellm(0, response={"usage": usage}),
                 litellm(0, metadata={"usage_object": {"cache_read_input_tokens": 5}}),
                 answered(usage), answered(beside), answered(responses),
                 langfuse(0, usageDetails={"input": 7, "input_cached_tokens": 5, "output": 34}),
                 langfuse(0, usageDetails={"input": 4, "cache_read_input_tokens": 5,
                                           "cache_creation_input_tokens": 3, "output": 34})]
        for key in ("cache_read.input_tokens", "cache_read_input_tokens"):
            cases.append(dict(span(0), attributes={**attributes(0), f"gen_ai.usage.{key}": 5}))
        found = self.ingest(lines(cases))
        self.assertEqual(list(found.obs["prompt_tokens"]), [12] * len(cases))
        self.assertEqual(list(found.obs["cached_prompt_tokens"]), [5] * len(cases))
        self.assertEqual(list(found.obsm["completion_tokens"].ravel()), [34] * len(cases))
        found = self.ingest(lines([litellm(0), langfuse(1), span(2)]))
        self.assertNotIn("cached_prompt_tokens", found.obs)

    def test_batch_responses_and_requests(self):
        def answer(number, **more):
            return {"id": f"batch_req_{number}", "custom_id": f"call-{number}", "error": None,
                    "response": {"status_code": 200, "body": {"model": "gpt-4o-2024", "usage": {
                        "prompt_tokens": 12, "completion_tokens": 30 + number,
                        "prompt_tokens_details": {"cached_tokens": number}}}}, **more}
        asked = [openai(at) for at in range(6)]
        answers = [answer(3), answer(0), answer(1, response={"status_code": 500, "body": {}}),
                   answer(2, response=None, error={"code": "batch_expired"}), answer(9), answer(4)]
        whole = [{**openai(at), "response": answer(at)["response"]} for at in (0, 3, 4)] + [openai(5)]
        self.write("input.jsonl", lines(asked))
        self.write("output.jsonl", lines(answers))
        for words in (("input.jsonl", "output.jsonl"), ("output.jsonl", "input.jsonl", "--from", "openai")):
            told = self.works("ingest", *words, "-o", "q.h5").stderr.decode()
            found = anndata.read_h5ad(self.path("q.h5"))
            self.assertEqual(list(found.obs_names), ["call-0", "call-3", "call-4", "call-5"])
            self.assertEqual(list(found.obs["logged_model"]), ["gpt-4o-2024"] * 3 + ["gpt-4o"])
            self.assertEqual(list(found.obs["prompt_tokens"].fillna(-1)), [12, 12, 12, -1])
            self.assertEqual(list(found.obs["cached_prompt_tokens"].fillna(-1)), [0, 3, 4, -1])
            self.assertEqual(list(found.obs["source"]), ["input.jsonl"] * 4)
            self.assertEqual(self.skipped(found), {"failed": 2})
            self.assertIn("6 responses: 3 queries have one, 1 have none, 2 responses say that the call "
                          "failed", told)
            self.assertIn("1 responses are to no request in the logs, such as call-9", told)
        self.write("whole.jsonl", lines(whole))
        self.works("ingest", "whole.jsonl", "-o", "w.h5")
        again = anndata.read_h5ad(self.path("w.h5"))
        self.assertTrue((again.obsm["completion_tokens"] == found.obsm["completion_tokens"]).sum() == 3)
        for key in ("logged_model", "prompt_tokens", "cached_prompt_tokens", "needs", "text"):
            self.assertEqual(list(again.obs[key].astype(str)), list(found.obs[key].astype(str)))
        self.works("ingest", "output.jsonl", "input.jsonl", "-o", "q.h5", "--resume")

    def test_batch_responses_of_others(self):
        self.write("params.jsonl", lines([{"custom_id": f"call-{at}", "params": {
            "model": "claude", "messages": [{"role": "user", "content": f"{MARKER} last"}]}} for at in (0, 1)]))
        self.write("results.jsonl", lines([
            {"custom_id": "call-1", "result": {"type": "errored", "error": {}}},
            {"custom_id": "call-0", "result": {"type": "succeeded", "message": {
                "model": "claude-1", "usage": {"input_tokens": 5, "cache_read_input_tokens": 7,
                                               "output_tokens": 34}}}}]))
        self.works("ingest", "params.jsonl", "results.jsonl", "-o", "q.h5")
        found = anndata.read_h5ad(self.path("q.h5"))
        self.assertEqual(list(found.obs["prompt_tokens"]) + list(found.obs["cached_prompt_tokens"]), [12, 7])
        self.assertEqual(self.skipped(found), {"failed": 1})

    def test_batch_responses_that_fit_nothing(self):
        answer = {"custom_id": "call-0", "response": {"status_code": 200, "body": {"model": MARKER}}}
        self.write("output.jsonl", lines([answer] * 2))
        self.assertIn("holds responses without the requests that they are to",
                      self.fails(3, "ingest", "output.jsonl", "-o", "q.h5"))
        self.write("input.jsonl", lines([openai(0)]))
        told = self.works("ingest", "input.jsonl", "output.jsonl", "-o", "q.h5").stderr.decode()
        self.assertIn("1 responses have the id of an earlier one", told)
        for tail, sentence in ((lines([openai(1)]), "output.jsonl: line 2: not a response"),
                               ("{\n", "output.jsonl: line 2: ")):
            self.write("output.jsonl", lines([answer]) + tail)
            told = self.fails(3, "ingest", "input.jsonl", "output.jsonl", "-o", "q.h5")
            self.assertIn(sentence, told)
            self.assertNotIn(MARKER, told)
        self.write("both.jsonl", lines([openai(0), answer]))
        found = self.ingest(lines([openai(0), answer]))
        self.assertEqual(self.skipped(found), {"response": 1})

    def test_langfuse(self):
        records = [langfuse(0), langfuse(1, input=json.dumps(
                       [{"role": "user", "content": f"{MARKER} last"}])),
                   langfuse(2, level="ERROR"), langfuse(3, type="SPAN"), langfuse(4, input=None),
                   langfuse(5, input=f"{MARKER} last")]
        found = self.ingest(lines(records))
        self.check(found, ["call-0", "call-1", "call-5"])
        self.assertEqual(self.skipped(found), {"failed": 1, "not_chat": 1, "no_text": 1})
        self.assertEqual(list(found.obs["needs"].astype(object).fillna("")),
                         ['["function_calling"]', "", ""])

    def test_events_around_them(self):
        records = [litellm(0), openai(1), span(2), langfuse(3)]
        events = [["app", 1700000000 + at, record] for at, record in enumerate(records)]
        ids = [f"call-{at}" for at in range(4)]
        self.check(self.ingest(lines(events)), ids, cost=None, tokens=None)
        with open(self.path("log.msgpack"), "wb") as file:
            for event in events:
                file.write(msgpack.packb(event))
        self.works("ingest", "log.msgpack", "-o", "m.h5")
        self.check(anndata.read_h5ad(self.path("m.h5")), ids, cost=None, tokens=None)

    def test_shards_and_merge_carry_all(self):
        self.write("a.jsonl", lines(litellm(at) for at in range(40)))
        self.write("b.jsonl", lines([litellm(50, status="failure")] +
                                    [langfuse(at) for at in range(60, 80)]))
        self.write("tags.jsonl", lines([{"tags": ["a"], "models": {"m": {"score": 1}, "n": {"score": 0}}}]))
        self.works("ingest", "tags.jsonl", "-o", "t.h5")
        self.works("fit", "t.h5", "-o", "r.msgpack", "--min-count", "1", "--reference", "m")
        words = ("a.jsonl", "b.jsonl", "-r", "r.msgpack", "--keep",
                 "team=metadata.user_api_key_team_alias", "--keep", "level", "-q")
        self.works("ingest", *words, "-o", "whole.h5")
        parts = []
        for shard in (1, 2, 3):
            parts.append(f"part{shard}.h5")
            self.works("ingest", *words, "-o", parts[-1], "--shard", f"{shard}/3")
        self.works("merge", *parts, "-o", "joined.h5", "-q")
        self.assertEqual(self.read("whole.h5"), self.read("joined.h5"))
        found = anndata.read_h5ad(self.path("joined.h5"))
        self.assertEqual(self.skipped(found), {"failed": 1})
        self.assertEqual(set(found.obs["team"].dropna()), {"ads", "search"})
        self.assertEqual(set(found.obs["level"].dropna()), {"DEFAULT"})
        told = self.works("simulate", "joined.h5", "-r", "r.msgpack", "--by", "team", "--cost", "m=1",
                          "--cost", "n=0.5", "--theta", "0")
        self.assertIn(b"search", told.stdout)

    def test_no_text_is_in_no_file(self):
        self.write("log.jsonl", lines([litellm(at) for at in range(30)]))
        self.works("ingest", "log.jsonl", "--no-text", "-o", "q.h5")
        with open(self.path("q.h5"), "rb") as file:
            self.assertNotIn(MARKER.encode(), file.read())

    def test_messages_hold_no_text(self):
        bad = [litellm(0, messages=7), litellm(1, id=[MARKER]), litellm(2, model_group=None, model=[MARKER]),
               litellm(3, messages=[{"role": "user", "content": f"{MARKER}\0"}]), MARKER,
               {"text": MARKER + "\0"}, {"tags": {MARKER: -1}}]
        self.write("log.jsonl", lines(bad) + '{"text": "' + MARKER + "\n" + lines([litellm(9)]))
        told = self.works("ingest", "log.jsonl", "-o", "q.h5", "--max-bad", "100%")
        self.assertNotIn(MARKER.encode(), told.stdout + told.stderr)
        for number in range(len(bad) + 1):
            self.write("one.jsonl", (lines(bad) + '{"text": "' + MARKER + "\n").splitlines()[number])
            told = self.fails(3, "ingest", "one.jsonl", "-o", "one.h5")
            self.assertNotIn(MARKER, told)

    def test_the_same_log_in_every_schema(self):
        """What a schema can carry of a generated log is what tagroute's own has."""
        team = {"litellm": "metadata.user_api_key_team_alias", "openai": "body.metadata.team",
                "otel": "attributes.team", "langfuse": "metadata.team"}
        common = ("--queries", "600", "--eligibility", "0.5", "--quiet")
        self.works(*common, "-o", "own.jsonl", "--no-tags", program=GENERATOR)
        self.works("tag", "--learn", "own.jsonl", "-o", "v.msgpack", "-q")
        self.works("ingest", "own.jsonl", "--vocab", "v.msgpack", "-o", "own.h5", "-q")
        own, seen = anndata.read_h5ad(self.path("own.h5")), []
        for schema, field in team.items():
            for more, name in (((), "g.jsonl"), (("--fluentd",), "g.jsonl"), (("--fluentd",), "g.msgpack.gz"),
                               ((), "g.msgpack")):
                self.works(*common, "--schema", schema, *more, "-o", name, program=GENERATOR)
                self.works("ingest", name, "--vocab", "v.msgpack", "--keep", f"team={field}", "-o", "g.h5", "-q")
                found = anndata.read_h5ad(self.path("g.h5"))
                self.assertEqual(set(self.skipped(found)), {"failed", "not_chat"})
                self.assertEqual(found.n_obs + sum(self.skipped(found).values()), 600)
                self.same_queries(found, own[found.obs_names], cost=schema != "openai")
                seen.append([list(found.obs[key].astype(str)) for key in ("logged_model", "team")] +
                            [list(found.obs_names), self.skipped(found)])
        self.assertTrue(all(one == seen[0] for one in seen))

    def same_queries(self, found, own, cost):
        """Tags, texts, needs, tokens; of the model that was called, cost and completion tokens."""
        self.assertEqual(set(found.var_names) - set(own.var_names), set())
        mine = own[:, found.var_names].copy()
        self.assertEqual((mine.X != found.X).nnz, 0)
        self.assertEqual(mine.X.sum(), own.X.sum())
        for key in ("text", "needs", "prompt_tokens"):
            self.assertEqual(list(found.obs[key].astype(str)), list(own.obs[key].astype(str)))
        models, known = list(found.uns["tagroute"]["models"]), list(own.uns["tagroute"]["models"])
        for row, model in enumerate(found.obs["logged_model"]):
            for name in ("completion_tokens",) + (("cost",) if cost else ()):
                value = found.obsm[name][row]
                self.assertEqual(value[models.index(model)], own.obsm[name][row][known.index(model)])
                self.assertEqual((value == value).sum(), 1)
            if cost:
                self.assertEqual(numpy.float32(found.obs["logged_cost"][row]), value[models.index(model)])

    def test_splits_are_assigned_by_what_is_asked(self):
        asked = [{"id": f"t{at}", "text": f"question {at % 500}"} for at in range(1000)]
        asked += [{"id": f"l{at}", "tags": ["a"] * (at % 7 + 1) + [f"t{at}"]} for at in range(500)]
        asked += [{"id": f"m{at}", "tags": {f"t{at}": 1, "a": at % 7 + 1}} for at in range(500)]
        asked += [{"id": "own", "text": "question 1", "split": "mine"}]
        found = self.ingest(lines(asked), "--assign-split", "train=70%,test=0.2")
        split = found.obs["split"].astype(object).fillna("none").to_dict()
        for at in range(500):
            self.assertEqual(split[f"t{at}"], split[f"t{at + 500}"])
            self.assertEqual(split[f"l{at}"], split[f"m{at}"])
        self.assertEqual(split.pop("own"), "mine")
        for first in "tl":
            dealt = [part for name, part in split.items() if name[0] == first]
            for name, share in (("train", 0.7), ("test", 0.2), ("none", 0.1)):
                self.assertAlmostEqual(dealt.count(name) / len(dealt), share, delta=0.05)
        for words in ("train", "train=2", "train=0.7,test=0.4", "=0.5", "a=0"):
            self.fails(2, "ingest", "log.jsonl", "-o", "q.h5", "--assign-split", words)

    def test_wrong_use(self):
        self.write("log.jsonl", lines([litellm(0)]))
        for words, sentence in ((("--from", "x"), "--from is auto, tagroute"),
                                (("--text", "x"), "--text is last-user"),
                                (("--keep", "a/b=c"), "no column of kept fields can be called 'a/b'"),
                                (("--keep", "split"), "can be called 'split'"),
                                (("--keep", "a", "--keep", "a=b"), "two fields to keep are called 'a'"),
                                (("--keep", "="), "named by its path"),
                                (sum((("--keep", f"f{i}") for i in range(9)), ()), "at most 8")):
            self.assertIn(sentence, self.fails(2, "ingest", "log.jsonl", "-o", "q.h5", *words))
        self.write("failed.jsonl", lines([litellm(0, status="failure")]))
        self.assertIn("all 1 are no queries (1 failed calls)",
                      self.fails(3, "ingest", "failed.jsonl", "-o", "q.h5"))


if __name__ == "__main__":
    main()
