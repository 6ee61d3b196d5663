#!/usr/bin/env python3
"""llmrouterbench.py - LLMRouterBench's result files as a tagroute request log."""
import json
import os
import re
import statistics

import request_log

EXAMPLES = """examples:
  llmrouterbench.py results/bench > llmrouterbench.jsonl
  llmrouterbench.py results/bench --models gpt-5,qwen3-8b --train-share 0.7 > two.jsonl

Results lie at FOLDER/<dataset>/<split>/<model>/<name>-<YYYYMMDD_HHMMSS>.json. Of several files of a model
the newest that is no demo counts. Records of one dataset and split are joined by 'index'; the category is
the dataset. 'prompt_tokens' is the median over the models, each of which counts by its own tokenizer. A
null score is left out. One dataset at a time is held in memory."""


def arguments():
    made = request_log.parser(__doc__, EXAMPLES)
    made.add_argument("folder", metavar="FOLDER", help="such as results/bench")
    made.add_argument("--models", metavar="A,B", help="only these models (default: all)")
    return made


def folders(path):
    return sorted(entry.name for entry in os.scandir(path) if entry.is_dir())


def newest_first(path):
    def age(name):
        stamp = re.search(r"(\d{8}_\d{6})\.json$", name)
        return (stamp.group(1) if stamp else "", name)
    return sorted((name for name in os.listdir(path) if name.endswith(".json")), key=age, reverse=True)


def result(path):
    """The newest result of a model that is not a demo; None where there is none."""
    for name in newest_first(path):
        found = request_log.load_json(os.path.join(path, name))
        if not request_log.need(found, "records", os.path.join(path, name)):
            continue
        if not found.get("demo", False):
            return found
    return None


def text_of(record):
    query = record.get("origin_query") or record.get("prompt") or ""
    return query if isinstance(query, str) else json.dumps(query, ensure_ascii=False, sort_keys=True)


def add(queries, model, record, where):
    place = request_log.need(record, "index", where)
    score = request_log.number(record.get("score"), where)
    query = queries.setdefault(place, {"text": "", "prompt_tokens": [], "models": {}})
    query["text"] = query["text"] or text_of(record)
    prompt_tokens = request_log.number(record.get("prompt_tokens"), where)
    if prompt_tokens:
        query["prompt_tokens"].append(prompt_tokens)
    if score is None:
        return
    completion_tokens = request_log.number(record.get("completion_tokens"), where)
    answer = {"score": score, "cost": request_log.number(record.get("cost"), where),
              "completion_tokens": None if completion_tokens is None else int(completion_tokens)}
    query["models"][model] = {key: value for key, value in answer.items() if value is not None}


def gather(path, wanted):
    """{index: query} of one dataset and split."""
    queries = {}
    for folder in folders(path):
        found = result(os.path.join(path, folder))
        model = folder if found is None else found.get("model_name", folder)
        if found is None or (wanted and model not in wanted):
            continue
        for record in found["records"]:
            add(queries, model, record, os.path.join(path, folder))
    return queries


def main():
    options = arguments().parse_args()
    wanted = set(options.models.split(",")) if options.models else None
    seen = set()
    for dataset in folders(options.folder):
        for split in folders(os.path.join(options.folder, dataset)):
            queries = gather(os.path.join(options.folder, dataset, split), wanted)
            for place in sorted(queries):
                query = queries[place]
                if not query["text"]:
                    continue
                seen.update(query["models"])
                tokens = query["prompt_tokens"]
                request_log.write({
                    "id": f"{dataset}/{split}/{place}",
                    "text": query["text"],
                    "category": dataset,
                    "prompt_tokens": int(statistics.median_low(tokens)) if tokens else None,
                    "models": query["models"],
                }, options.train_share)
    if wanted and wanted - seen:
        raise request_log.DataError(
            f"{options.folder}: has no results of {', '.join(sorted(wanted - seen))}")
    if not seen:
        raise request_log.DataError(f"{options.folder}: has no results; give the folder of datasets")


if __name__ == "__main__":
    request_log.run(main)
