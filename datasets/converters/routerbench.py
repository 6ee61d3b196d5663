#!/usr/bin/env python3
"""routerbench.py - RouterBench's wide tables as a tagroute request log."""
import ast
import csv
import sys

import request_log

EXAMPLES = """examples:
  routerbench.py routerbench_0shot.csv > routerbench.jsonl
  routerbench.py --trust-pickle routerbench_0shot.pkl > routerbench.jsonl     (needs pandas)

One row a query: 'sample_id', 'prompt', 'eval_name', and for each model a column of its name (the score)
and one '<model>|total_cost' (USD); other columns are not used. A pickle can run any program when it is
read: give --trust-pickle for files whose origin you trust, and for no others."""

COST = "|total_cost"


def arguments():
    made = request_log.parser(__doc__, EXAMPLES)
    made.add_argument("file", metavar="FILE", help="a .csv file, or a .pkl file of pandas")
    made.add_argument("--trust-pickle", action="store_true", help="allow a .pkl file")
    return made


def csv_rows(path):
    with open(path, encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file)
        yield rows.fieldnames or []
        yield from rows


def pickle_rows(path):
    try:
        import pandas
    except ImportError:
        raise request_log.DataError(f"{path}: a pickle needs pandas; install it, or convert to CSV") from None
    frame = pandas.read_pickle(path)
    yield list(frame.columns)
    for values in frame.itertuples(index=False, name=None):
        yield dict(zip(frame.columns, values))


def text_of(prompt):
    """Prompts are texts, or lists of texts, or such lists written as text."""
    if isinstance(prompt, str) and prompt[:1] == "[" and prompt[-1:] == "]":
        try:
            prompt = ast.literal_eval(prompt)
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            return prompt
    if isinstance(prompt, (list, tuple)):
        return "\n".join(str(part) for part in prompt)
    return str(prompt)


def record_of(row, models, where):
    answers = {}
    for name in models:
        score = request_log.number(row[name], where)
        cost = request_log.number(row[name + COST], where)
        if score is not None:
            answers[name] = {"score": score} if cost is None else {"score": score, "cost": cost}
    return {"id": str(row["sample_id"]), "text": text_of(row["prompt"]), "category": str(row["eval_name"]),
            "models": answers}


def main():
    made = arguments()
    options = made.parse_args()
    csv.field_size_limit(min(sys.maxsize, 2 ** 31 - 1))
    pickled = options.file.endswith((".pkl", ".pickle"))
    if pickled and not options.trust_pickle:
        made.error("a pickle can run any program when it is read; add --trust-pickle if you trust its origin")
    rows = pickle_rows(options.file) if pickled else csv_rows(options.file)
    columns = next(rows)
    for name in ("sample_id", "prompt", "eval_name"):
        if name not in columns:
            raise request_log.DataError(f"{options.file}: has no column '{name}'")
    models = [name for name in columns if name + COST in columns]
    if not models:
        raise request_log.DataError(f"{options.file}: has no pair of columns '<model>' and '<model>{COST}'")
    for place, row in enumerate(rows):
        request_log.write(record_of(row, models, f"{options.file}: record {place}"), options.train_share)


if __name__ == "__main__":
    request_log.run(main)
