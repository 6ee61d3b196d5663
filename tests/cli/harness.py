"""What the command-line tests share: running the program, scratch folders, small logs."""
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

PROGRAM = os.environ["TAGROUTE"]
GENERATOR = os.environ["TAGROUTE_GEN"]


def environment(**changes):
    """The caller's, without what changes how the program talks; None removes a variable."""
    values = dict(os.environ)
    for name in ("NO_COLOR", "LC_ALL", "OMP_NUM_THREADS"):
        values.pop(name, None)
    for name, value in changes.items():
        values.pop(name, None)
        if value is not None:
            values[name] = value
    return values


def default_signals():
    """Test runners in the background hand SIGINT down ignored, and the program would honour it."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


class Scratch(unittest.TestCase):
    """A test in a folder of its own."""

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="tagroute-cli.")
        self.addCleanup(shutil.rmtree, self.folder)

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, content):
        with open(self.path(name), "wb") as file:
            file.write(content if isinstance(content, bytes) else content.encode())
        return self.path(name)

    def read(self, name):
        with open(self.path(name), "rb") as file:
            return file.read()

    def names(self):
        return sorted(os.listdir(self.folder))

    def run_program(self, *words, program=PROGRAM, stdin=b"", before=None, **changes):
        def prepare():
            default_signals()
            if before is not None:
                before()
        return subprocess.run([program, *words], cwd=self.folder, input=stdin, preexec_fn=prepare,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              env=environment(**changes), timeout=120)

    def fails(self, status, *words, **options):
        """Runs, checks the exit status and that nothing is on standard output; the messages."""
        done = self.run_program(*words, **options)
        message = done.stderr.decode()
        self.assertEqual(done.returncode, status, f"{words}: {message}")
        self.assertEqual(done.stdout, b"", words)
        self.assertRegex(message, r"\Atagroute: \S", words)
        return message

    def works(self, *words, **options):
        done = self.run_program(*words, **options)
        self.assertEqual(done.returncode, 0, f"{words}: {done.stderr.decode()}")
        return done

    def generate(self, name, queries, *words):
        self.works("--queries", str(queries), "-o", name, "--quiet", *words, program=GENERATOR)

    def chain(self, queries=2000, *words):
        """log.jsonl, prices.json, queries.h5, router.msgpack."""
        self.generate("log.jsonl", queries, "--prices-out", "prices.json", *words)
        self.works("ingest", "log.jsonl", "-o", "queries.h5")
        self.works("fit", "queries.h5", "-o", "router.msgpack", "--prices", "prices.json")


def records(count=40):
    """A small log whose outcome hangs on the tag: `even` suits small, `odd` does not."""
    for i in range(count):
        even = i % 2 == 0
        yield {"id": f"q{i}", "tags": {"even" if even else "odd": 1 + i % 3, "all": 1},
               "category": "parity", "split": "train" if i < count * 3 // 4 else "test",
               "models": {"small": {"score": float(even), "outcome": "tie" if even else "loss",
                                    "cost": 0.001},
                          "large": {"score": 1.0, "outcome": "tie", "cost": 0.01}}}


def jsonl(rows):
    return "".join(json.dumps(row) + "\n" for row in rows)


def main():
    unittest.main(argv=[sys.argv[0], "-v", *sys.argv[1:]])
