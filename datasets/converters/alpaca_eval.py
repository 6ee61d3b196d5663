#!/usr/bin/env python3
"""alpaca_eval.py - AlpacaEval's annotations as a tagroute request log."""
import request_log

EXAMPLES = """examples (in a checkout of alpaca_eval):
  alpaca_eval.py results/*/weighted_alpaca_eval_gpt4_turbo/annotations.json > alpaca.jsonl

Each file compares one model ('generator_2') with a baseline ('generator_1') that all files must share:
it is the reference, with score 0.5 and outcome tie. 'preference' runs from 1 (baseline) to 2 (model): the
score is preference - 1, the outcome win above 1.5, tie at 1.5 (or 0, an older way to say so), else loss.
Comparisons that failed (null) are left out. The category is 'dataset'. There are no costs: give prices to
`tagroute fit`. Texts and outcomes of all files are held in memory."""


def arguments():
    made = request_log.parser(__doc__, EXAMPLES)
    made.add_argument("files", nargs="+", metavar="FILE", help="annotations.json files, one a model")
    return made


def judge(preference, where):
    """(score, outcome), or None where the comparison failed."""
    value = request_log.number(preference, where)
    if value is None:
        return None
    if value == 0:
        value = 1.5
    if not 1 <= value <= 2:
        raise request_log.DataError(f"{where}: preference {value} is not between 1 and 2")
    return value - 1, "win" if value > 1.5 else "tie" if value == 1.5 else "loss"


def add(queries, annotation, where):
    """Adds one comparison and returns its baseline."""
    text = request_log.need(annotation, "instruction", where)
    baseline = request_log.need(annotation, "generator_1", where)
    model = request_log.need(annotation, "generator_2", where)
    judged = judge(request_log.need(annotation, "preference", where), where)
    query = queries.setdefault(text, {"category": annotation.get("dataset"), "models": {}})
    query["models"][baseline] = {"score": 0.5, "outcome": "tie"}
    if judged is not None:
        query["models"][model] = {"score": judged[0], "outcome": judged[1]}
    return baseline


def main():
    options = arguments().parse_args()
    queries, baselines = {}, {}
    for path in options.files:
        annotations = request_log.load_json(path)
        if not isinstance(annotations, list):
            raise request_log.DataError(f"{path}: is not a list of annotations")
        for place, annotation in enumerate(annotations):
            baselines.setdefault(add(queries, annotation, f"{path}: annotation {place}"), path)
        if len(baselines) > 1:
            raise request_log.DataError(
                f"{path}: files compare with different baselines ({', '.join(sorted(baselines))}); "
                "convert those of one baseline together")
    for place, (text, query) in enumerate(queries.items()):
        request_log.write({"id": f"alpaca/{place}", "text": text, **query}, options.train_share)


if __name__ == "__main__":
    request_log.run(main)
