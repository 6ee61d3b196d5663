#!/usr/bin/env python3
"""schemas.py - a made-up log as a gateway would have written it, and what was judged of it apart."""
import argparse
import csv
import hashlib
import json
import sys

import request_log

EXAMPLES = """examples:
  tagroute-gen --queries 1M -o log.jsonl
  schemas.py log.jsonl --schema litellm --outcomes judged.csv --judged 5000 > gateway.jsonl

Reads tagroute's own schema with texts. Each record goes to one of the models that it knows something of,
drawn by a hash of the seed and its id, and what that model cost and took is logged; one call in fifty
failed, and one in fifty is an embedding. The outcomes file has what is known of all models on as many
queries, those whose hashes are the least."""

SCHEMAS = ("litellm", "openai", "otel", "langfuse", "fluentd")
TEAMS = ("ads", "search", "support")


def draw(*words):
    digest = hashlib.blake2b("/".join(map(str, words)).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big")


def call_of(record, seed):
    """What a gateway knows of a call."""
    models = record.get("models") or {}
    name = sorted(models)[draw(seed, "model", record["id"]) % len(models)] if models else "unknown"
    found = models.get(name, {})
    luck = draw(seed, "luck", record["id"]) % 50
    content = record["text"]
    if "vision" in record.get("needs", ()):
        content = [{"type": "text", "text": content},
                   {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}}]
    tools = [{"type": "function", "function": {"name": "look_up"}}]
    return {"id": record["id"], "model": name, "failed": luck == 0, "embedding": luck == 1,
            "messages": [{"role": "system", "content": "You are helpful."},
                         {"role": "user", "content": content}],
            "tools": tools if "function_calling" in record.get("needs", ()) else None,
            "cost": found.get("cost"), "prompt": record.get("prompt_tokens"),
            "completion": found.get("completion_tokens"),
            "team": TEAMS[draw(seed, "team", record["id"]) % len(TEAMS)]}


def litellm(call):
    return {"id": call["id"], "call_type": "aembedding" if call["embedding"] else "acompletion",
            "status": "failure" if call["failed"] else "success", "model": "hosted/" + call["model"],
            "model_group": call["model"], "response_cost": call["cost"], "messages": call["messages"],
            "prompt_tokens": call["prompt"], "completion_tokens": call["completion"],
            "model_parameters": {"tools": call["tools"]} if call["tools"] else {},
            "metadata": {"user_api_key_team_alias": call["team"]}}


def openai(call):
    body = {"model": call["model"], "messages": call["messages"], "metadata": {"team": call["team"]}}
    if call["tools"]:
        body["tools"] = call["tools"]
    usage = {"prompt_tokens": call["prompt"], "completion_tokens": call["completion"]}
    return {"custom_id": call["id"], "method": "POST", "body": body,
            "url": "/v1/embeddings" if call["embedding"] else "/v1/chat/completions",
            "response": {"status_code": 500 if call["failed"] else 200,
                         "body": {"model": call["model"], "usage": usage}}}


def part(content):
    if isinstance(content, str):
        return [{"type": "text", "content": content}]
    return [{"type": "text", "content": content[0]["text"]},
            {"type": "blob", "modality": "image", "mime_type": "image/png", "content": "AA=="}]


def otel(call):
    messages = [{"role": m["role"], "parts": part(m["content"])} for m in call["messages"]]
    attributes = {"gen_ai.operation.name": "embeddings" if call["embedding"] else "chat",
                  "gen_ai.request.model": call["model"], "gen_ai.response.model": call["model"],
                  "gen_ai.usage.input_tokens": call["prompt"],
                  "gen_ai.usage.output_tokens": call["completion"], "gen_ai.usage.cost": call["cost"],
                  "gen_ai.input.messages": json.dumps(messages), "team": call["team"],
                  "gen_ai.tool.definitions": json.dumps(call["tools"]) if call["tools"] else None}
    return {"traceId": "%032x" % draw("trace", call["id"]), "spanId": call["id"],
            "status": {"code": "STATUS_CODE_ERROR"} if call["failed"] else {},
            "attributes": {key: value for key, value in attributes.items() if value is not None}}


def langfuse(call):
    given = {"messages": call["messages"]}
    if call["tools"]:
        given["tools"] = call["tools"]
    return {"id": call["id"], "traceId": "%032x" % draw("trace", call["id"]),
            "type": "EMBEDDING" if call["embedding"] else "GENERATION",
            "level": "ERROR" if call["failed"] else "DEFAULT", "model": call["model"], "input": given,
            "usageDetails": {"input": call["prompt"], "output": call["completion"]},
            "costDetails": {"total": call["cost"]}, "metadata": {"team": call["team"]}}


def fluentd(call):
    return ["gateway.litellm", 1_700_000_000, litellm(call)]


def write_outcomes(path, kept):
    with open(path, "w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow(["id", "model", "outcome", "score"])
        for _, name, models in kept:
            for model, found in sorted(models.items()):
                out.writerow([name, model, found.get("outcome", ""), found.get("score", "")])


def main():
    made = argparse.ArgumentParser(description=__doc__, epilog=EXAMPLES,
                                   formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("log", help="JSON Lines in tagroute's own schema, with texts")
    made.add_argument("--schema", choices=SCHEMAS, required=True)
    made.add_argument("--outcomes", metavar="FILE", help="CSV of judgements to write")
    made.add_argument("--judged", type=int, default=1000, help="queries that are judged (1000)")
    made.add_argument("--seed", type=int, default=1)
    options = made.parse_args()
    spell, kept = globals()[options.schema], []
    for place, record in enumerate(request_log.json_lines(options.log), 1):
        where = f"{options.log}: line {place}"
        request_log.need(record, "id", where)
        request_log.need(record, "text", where)
        sys.stdout.write(json.dumps(spell(call_of(record, options.seed)), ensure_ascii=False) + "\n")
        if options.outcomes and record.get("models"):
            kept.append((draw(options.seed, "judged", record["id"]), record["id"], record["models"]))
            if len(kept) >= 2 * options.judged + 1000:
                kept = sorted(kept, key=lambda one: one[:2])[:options.judged]
    if options.outcomes:
        write_outcomes(options.outcomes, sorted(kept, key=lambda one: one[:2])[:options.judged])


if __name__ == "__main__":
    request_log.run(main)
