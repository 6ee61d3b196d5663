"""test_converters.py - each converter on a tiny input laid out like its data set."""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent

MMLU = """prompt,small/model,big-model,small/model_response
"What is ""2 + 2""?
A. 3
B. 4
Answer:",True,False,"It is B,
I think"
Leave me out,True,True,
Übung?,False,True,
Unknown?,,True,
"""

QUESTIONS = [{"question_id": 81, "category": "writing", "turns": ["First turn.", "Second turn."]},
             {"question_id": 82, "category": "math", "turns": ["Seen before.", "Then?"]},
             {"question_id": 83, "category": "math", "turns": ["Not judged."]}]
JUDGEMENTS = [{"question_id": 81, "model": "b", "score": 8, "turn": 2},
              {"question_id": 81, "model": "a", "score": 9, "turn": 1},
              {"question_id": 81, "model": "b", "score": 9.5, "turn": 1},
              {"question_id": 81, "model": "a", "score": -1, "turn": 2},
              {"question_id": 82, "model": "a", "score": 3, "turn": 1}]

ROUTERBENCH = """sample_id,prompt,eval_name,a/x,b,a/x|model_response,a/x|total_cost,b|total_cost,oracle_model_to_route_to
mmlu.1,"['You are helpful.', 'What is it?']",mmlu-law,1.0,0.25,"['B']",0.0021,3e-05,a/x
gsm.2,[not a list,gsm8k,,1,,,0.5,b
"""


def annotation(instruction, model, preference, baseline="base"):
    return {"instruction": instruction, "output_1": "x", "generator_1": baseline, "dataset": "koala",
            "output_2": "y", "generator_2": model, "annotator": "judge", "preference": preference}


class Converters(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def file(self, name, content):
        path = os.path.join(self.folder.name, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(content)
        return path

    def lines(self, name, records):
        return self.file(name, "".join(json.dumps(record) + "\n" for record in records))

    def convert(self, name, *arguments):
        done = subprocess.run([sys.executable, str(HERE / name), *arguments], capture_output=True)
        self.assertEqual(done.returncode, 0, done.stderr.decode())
        return [json.loads(line) for line in done.stdout.decode("utf-8").split("\n")[:-1]]

    def refuse(self, status, word, name, *arguments):
        done = subprocess.run([sys.executable, str(HERE / name), *arguments], capture_output=True, text=True)
        self.assertEqual(done.returncode, status, done.stderr)
        self.assertIn(word, done.stderr)
        self.assertNotIn("Traceback", done.stderr)

    def test_routellm_responses(self):
        path = self.file("mmlu_abstract_algebra.csv", MMLU)
        skip = self.lines("skip.jsonl", [{"train_prompt": "?", "eval_prompt": "Leave me out"}])
        self.assertEqual(self.convert("routellm.py", path, "--leave-out", skip), [
            {"id": "mmlu_abstract_algebra/0", "text": 'What is "2 + 2"?\nA. 3\nB. 4\nAnswer:',
             "category": "abstract_algebra",
             "models": {"small/model": {"score": 1.0}, "big-model": {"score": 0.0}}},
            {"id": "mmlu_abstract_algebra/2", "text": "Übung?", "category": "abstract_algebra",
             "models": {"small/model": {"score": 0.0}, "big-model": {"score": 1.0}}},
            {"id": "mmlu_abstract_algebra/3", "text": "Unknown?", "category": "abstract_algebra",
             "models": {"big-model": {"score": 1.0}}}])
        self.refuse(3, "no column 'prompt'", "routellm.py", self.file("x.csv", "a,b\n1,2\n"))
        self.refuse(3, "'maybe' is not a number", "routellm.py", self.file("y.csv", "prompt,m\nq,maybe\n"))
        self.refuse(1, "No such file", "routellm.py", "nowhere.csv")

    def test_routellm_mt_bench(self):
        questions = self.lines("question.jsonl", QUESTIONS)
        judgements = self.lines("judgements.jsonl", JUDGEMENTS)
        skip = self.lines("skip.jsonl", [{"eval_prompt": "Seen before."}])
        self.assertEqual(
            self.convert("routellm.py", "--mt-bench", questions, judgements, "--leave-out", skip), [
                {"id": "mtbench/81", "text": "First turn.", "category": "writing",
                 "models": {"a": {"score": 9.0}, "b": {"score": 8.75}}},
                {"id": "mtbench/83", "text": "Not judged.", "category": "math"}])
        self.refuse(2, "two files", "routellm.py", "--mt-bench", questions)
        self.refuse(3, "no 'question_id'", "routellm.py", "--mt-bench", skip, judgements)

    def test_routerbench(self):
        path = self.file("wide.csv", ROUTERBENCH)
        self.assertEqual(self.convert("routerbench.py", path), [
            {"id": "mmlu.1", "text": "You are helpful.\nWhat is it?", "category": "mmlu-law",
             "models": {"a/x": {"score": 1.0, "cost": 0.0021}, "b": {"score": 0.25, "cost": 3e-05}}},
            {"id": "gsm.2", "text": "[not a list", "category": "gsm8k",
             "models": {"b": {"score": 1.0, "cost": 0.5}}}])
        self.refuse(2, "--trust-pickle", "routerbench.py", self.file("wide.pkl", ""))
        self.refuse(3, "total_cost", "routerbench.py", self.file("n.csv", "sample_id,prompt,eval_name,a\n"))

    def result(self, path, model, records, demo=False):
        self.file("bench/" + path, json.dumps({
            "performance": 0.5, "counts": len(records), "model_name": model, "dataset_name": "aime",
            "split": "test", "demo": demo, "records": records}))

    def test_llmrouterbench(self):
        def record(index, score, query="Q", tokens=10):
            return {"index": index, "origin_query": f"{query}{index}", "prompt": f"Solve: Q{index}",
                    "score": score, "prompt_tokens": tokens, "completion_tokens": 5, "cost": 0.0001,
                    "prediction": "", "ground_truth": "", "raw_output": ""}
        self.result("aime/test/m1/aime-test-m1-20250101_000000.json", "m1", [record(1, 0.0), record(2, 0.0)])
        self.result("aime/test/m1/aime-test-m1-20250201_000000.json", "m1", [record(2, 1.0), record(1, None)])
        self.result("aime/test/m1/aime-test-m1-20250301_000000.json", "m1", [record(1, 0.0)], demo=True)
        self.result("aime/test/m2/aime-test-m2-20250101_000000.json", "m2", [record(2, 0.5, tokens=14)])
        self.result("bbh/test/m2/result.json", "m2", [record(7, 1)])
        bench = os.path.join(self.folder.name, "bench")
        answer = {"cost": 0.0001, "completion_tokens": 5.0}
        expected = [
            {"id": "aime/test/1", "text": "Q1", "category": "aime", "prompt_tokens": 10},
            {"id": "aime/test/2", "text": "Q2", "category": "aime", "prompt_tokens": 10,
             "models": {"m1": {"score": 1.0, **answer}, "m2": {"score": 0.5, **answer}}},
            {"id": "bbh/test/7", "text": "Q7", "category": "bbh", "prompt_tokens": 10,
             "models": {"m2": {"score": 1.0, **answer}}}]
        self.assertEqual(self.convert("llmrouterbench.py", bench), expected)
        only = self.convert("llmrouterbench.py", bench, "--models", "m2")
        self.assertEqual([record["id"] for record in only], ["aime/test/2", "bbh/test/7"])
        self.refuse(3, "no results of m3", "llmrouterbench.py", bench, "--models", "m2,m3")
        self.refuse(3, "no results", "llmrouterbench.py", os.path.join(bench, "bbh"))

    def test_alpaca_eval(self):
        first = self.file("one.json", json.dumps([annotation("I1", "m1", 1.99), annotation("I2", "m1", 1.5)]))
        second = self.file("two.json", json.dumps([annotation("I2", "m2", 1.0), annotation("I1", "m2", None)]))
        base = {"score": 0.5, "outcome": "tie"}
        self.assertEqual(self.convert("alpaca_eval.py", first, second), [
            {"id": "alpaca/0", "text": "I1", "category": "koala",
             "models": {"base": base, "m1": {"score": 0.99, "outcome": "win"}}},
            {"id": "alpaca/1", "text": "I2", "category": "koala",
             "models": {"base": base, "m1": base, "m2": {"score": 0.0, "outcome": "loss"}}}])
        other = self.file("three.json", json.dumps([annotation("I1", "m3", 1.0, baseline="davinci")]))
        self.refuse(3, "different baselines", "alpaca_eval.py", first, other)
        self.refuse(3, "not between", "alpaca_eval.py", self.file("x.json", json.dumps([annotation("I", "m", 3)])))
        self.refuse(3, "not JSON", "alpaca_eval.py", self.file("y.json", "[" * 100000))

    def test_splits(self):
        rows = "".join(f"question {i % 1500},True\n" for i in range(2000))
        path = self.file("many.csv", "prompt,m\n" + rows)
        records = self.convert("routellm.py", path, "--train-share", "0.7")
        splits = {}
        for record in records:
            self.assertEqual(splits.setdefault(record["text"], record["split"]), record["split"])
        share = sum(split == "train" for split in splits.values()) / len(splits)
        self.assertTrue(0.65 < share < 0.75, share)
        self.refuse(2, "between 0 and 1", "routellm.py", path, "--train-share", "7")


if __name__ == "__main__":
    unittest.main()
