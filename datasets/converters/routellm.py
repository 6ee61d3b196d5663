#!/usr/bin/env python3
"""routellm.py - RouteLLM's evaluation data (MMLU, GSM8K, MT-Bench) as a tagroute request log."""
import csv
import os
import sys

import request_log

EXAMPLES = """examples (in a checkout of RouteLLM, folder routellm/evals):
  routellm.py mmlu/responses/*.csv --leave-out mmlu/contaminated_prompts.jsonl > mmlu.jsonl
  routellm.py gsm8k/gsm8k_responses.csv > gsm8k.jsonl
  routellm.py --mt-bench mt_bench/question.jsonl mt_bench/judgements.jsonl > mtbench.jsonl

CSV files have a column 'prompt' and, for each model, a column of its name that says whether it was
right; columns '<model>_response' are not used. The category is what follows 'mmlu_' in the file's name.
MT-Bench: the text is the first turn, the score the mean over the turns."""


def arguments():
    made = request_log.parser(__doc__, EXAMPLES)
    made.add_argument("files", nargs="+", metavar="FILE", help="CSV files of responses")
    made.add_argument("--mt-bench", action="store_true", help="FILEs are the questions and the judgements")
    made.add_argument("--leave-out", metavar="FILE",
                      help="JSON Lines whose 'eval_prompt' are texts to leave out")
    return made


def left_out(path):
    if path is None:
        return set()
    return {request_log.need(line, "eval_prompt", path) for line in request_log.json_lines(path)}


def models_of(header, path):
    if not header or "prompt" not in header:
        raise request_log.DataError(f"{path}: has no column 'prompt'")
    models = [name for name in header if name and name != "prompt" and not name.endswith("_response")]
    if not models:
        raise request_log.DataError(f"{path}: has no column of a model")
    return models


def responses(path, skip, train_share):
    stem = os.path.splitext(os.path.basename(path))[0]
    with open(path, encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file)
        models = models_of(rows.fieldnames, path)
        for place, row in enumerate(rows):
            if not row["prompt"] or row["prompt"] in skip:
                continue
            where = f"{path}: record {place}"
            scores = {name: request_log.number(row[name], where) for name in models}
            request_log.write({
                "id": f"{stem}/{place}",
                "text": row["prompt"],
                "category": stem[len("mmlu_"):] if stem.startswith("mmlu_") else None,
                "models": {name: {"score": score} for name, score in scores.items() if score is not None},
            }, train_share)


def mean_scores(path):
    """{question: {model: mean of its turns}}"""
    scores = {}
    for judgement in request_log.json_lines(path):
        question = request_log.need(judgement, "question_id", path)
        model = request_log.need(judgement, "model", path)
        score = request_log.number(request_log.need(judgement, "score", path), path)
        if score is not None and score >= 0:  # -1: the judge's answer had no score
            scores.setdefault(question, {}).setdefault(model, []).append(score)
    return {question: {model: sum(turns) / len(turns) for model, turns in by_model.items()}
            for question, by_model in scores.items()}


def mt_bench(questions, judgements, skip, train_share):
    scores = mean_scores(judgements)
    for question in request_log.json_lines(questions):
        number = request_log.need(question, "question_id", questions)
        turns = request_log.need(question, "turns", questions)
        if not turns or skip.intersection(turns):
            continue
        request_log.write({
            "id": f"mtbench/{number}",
            "text": turns[0],
            "category": question.get("category"),
            "models": {name: {"score": score} for name, score in sorted(scores.get(number, {}).items())},
        }, train_share)


def main():
    made = arguments()
    options = made.parse_args()
    csv.field_size_limit(min(sys.maxsize, 2 ** 31 - 1))
    skip = left_out(options.leave_out)
    if options.mt_bench:
        if len(options.files) != 2:
            made.error("--mt-bench takes two files: the questions and the judgements")
        mt_bench(*options.files, skip, options.train_share)
        return
    for path in options.files:
        responses(path, skip, options.train_share)


if __name__ == "__main__":
    request_log.run(main)
