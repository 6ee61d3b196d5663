"""What the tests of several processes share: starting them, and comparing their output with one's.

TAGROUTE_RANKS: "all" runs each case with 1, 2, 3, 4 and 7 processes, not with some of these in turn.
"""
import itertools
import os

from harness import Scratch

PROGRAM = os.environ["TAGROUTE_MPI"]
MPIRUN = os.environ["TAGROUTE_MPIRUN"]
RANKS = (1, 2, 3, 4, 7)
EVERY = os.environ.get("TAGROUTE_RANKS") == "all"
turns = itertools.cycle((2, 3, 7, 4))


def some_ranks():
    return RANKS if EVERY else (next(turns),)


class Together(Scratch):
    """Tests of one class share a folder, which `make` fills."""

    @classmethod
    def setUpClass(cls):
        class Made(Scratch):
            def runTest(self):
                pass
        cls.made = Made()
        cls.made.setUp()
        cls.addClassCleanup(cls.made.doCleanups)
        cls.make(cls.made)

    @staticmethod
    def make(made):
        raise NotImplementedError

    def setUp(self):
        self.folder = self.made.folder

    def words(self, ranks, *words):
        return (MPIRUN, "--allow-run-as-root", "--oversubscribe", "--bind-to", "none", "-n",
                str(ranks), PROGRAM, *words)

    def together(self, ranks, *words, **changes):
        return self.run_program(*self.words(ranks, *words)[1:], program=MPIRUN, **changes)

    def compare(self, output, command):
        """The same output by one process without the rest, and by several."""
        self.works(*command(f"one-{output}"))
        expected = self.read(f"one-{output}")
        for ranks in some_ranks():
            with self.subTest(command=command(output), ranks=ranks):
                done = self.together(ranks, *command(output))
                self.assertEqual(done.returncode, 0, done.stderr.decode())
                self.assertEqual(self.read(output), expected)
                self.assertEqual([n for n in self.names() if n.startswith(f".{output}")], [])
                os.unlink(self.path(output))

    def fails_together(self, ranks, status, sentence, words):
        """One sentence, whichever process it is that fails, and nothing under a final name."""
        done = self.together(ranks, *words)
        said = [line for line in done.stderr.decode().splitlines()
                if line.startswith("tagroute-mpi: ") and " note: " not in line
                and " warning: " not in line]
        self.assertEqual(done.returncode, status, done.stderr.decode())
        self.assertEqual(len(said), 1, done.stderr.decode())
        self.assertIn(sentence, said[0])
        self.assertEqual([n for n in self.names() if "never" in n], [])
