#!/usr/bin/python3
"""Help, options, and what is said about wrong ones."""
import os
import re

from harness import Scratch, jsonl, main, records

COMMANDS = ("ingest", "tag", "join", "fit", "route", "simulate", "explain", "router", "drift",
            "merge", "info",
            "bench")
VERBS = ("add-model", "drop-model", "rename", "set-price", "reference", "merge", "diff")
WITH_OPTIONS = [*(name for name in COMMANDS if name != "router"),
                *(f"router {verb}" for verb in VERBS)]


class Help(Scratch):
    def test_overview_lists_every_command(self):
        text = self.works("--help").stdout.decode()
        self.assertEqual(text, self.works("help").stdout.decode())
        listed = re.findall(r"^  (\w+) {2,}\S", text.split("Commands:")[1], re.M)
        self.assertEqual(listed, [*COMMANDS, "help"])

    def test_every_command_has_help_with_examples_first(self):
        for command in WITH_OPTIONS:
            words = command.split()
            done = self.works(*words, "--help")
            text = done.stdout.decode()
            self.assertEqual(done.stderr, b"")
            self.assertEqual(done.stdout, self.works("help", *words).stdout)
            self.assertEqual(done.stdout, self.works(*words, "whatever", "-h").stdout)
            self.assertTrue(text.startswith(f"usage: tagroute {command} "), text)
            self.assertLess(text.index("Examples:"), text.index("Options:"))
            self.assertRegex(text, "--threads (N|LIST)")

    def test_verbs(self):
        text = self.works("router", "--help").stdout.decode()
        self.assertEqual(re.findall(r"^  router (\S+) {2,}\S", text, re.M), list(VERBS))
        self.assertEqual(text, self.works("help", "router").stdout.decode())

    def test_lines_fit_a_terminal(self):
        for command in WITH_OPTIONS:
            text = self.works(*command.split(), "--help").stdout.decode()
            for line in text.split("Options:")[1].splitlines():
                self.assertLessEqual(len(line), 80, line)

    def test_every_option_of_the_help_is_taken(self):
        """What the help says takes a value asks for one; a flag refuses one."""
        for command in WITH_OPTIONS:
            text = self.works(*command.split(), "--help").stdout.decode()
            options = re.findall(r"^  (?:-\w,|   ) --([a-z-]+)( \S+)?(?:  |$)", text, re.M)
            self.assertGreater(len(options), 3)
            for name, argument in options:
                if argument:
                    self.assertIn(f"--{name} needs a value", self.fails(2, *command.split(), f"--{name}"))
                else:
                    self.assertIn("takes no value", self.fails(2, *command.split(), f"--{name}=1"))

    def test_version(self):
        self.assertRegex(self.works("--version").stdout.decode(), r"\Atagroute \d+\.\d+\.\d+\n\Z")

    def test_nothing_asked(self):
        done = self.run_program()
        self.assertEqual((done.returncode, done.stdout), (2, b""))
        self.assertIn(b"usage: tagroute COMMAND", done.stderr)


class Boundary(Scratch):
    def test_the_program_uses_the_public_interface_only(self):
        here = os.path.dirname(os.path.abspath(__file__))
        folder = os.path.join(here, "..", "..", "engine", "cli")
        seen = 0
        for name in os.listdir(folder):
            if name.endswith((".c", ".h")):
                with open(os.path.join(folder, name)) as file:
                    for include in re.findall(r'#include "(.*)"', file.read()):
                        self.assertTrue(include.startswith("engine/cli/"), (name, include))
                        seen += 1
        self.assertGreater(seen, 20)


class WrongUsage(Scratch):
    CASES = [
        ("unknown command 'ingets'; did you mean ingest?", "ingets"),
        ("unknown command 'foo'", "foo"),
        ("unknown option '--nope'", "--nope"),
        ("unknown command 'foo'", "help", "foo"),
        ("ingest needs a log", "ingest"),
        ("ingest needs --output", "ingest", "log"),
        ("fit needs --output", "fit", "q.h5"),
        ("route needs --router", "route", "q.h5", "-o", "d.h5"),
        ("route needs --output", "route", "q.h5", "-r", "r"),
        ("simulate needs --router", "simulate", "q.h5"),
        ("info needs one file", "info"),
        ("'b' is one too many", "info", "a", "b"),
        ("leave one of them out", "info", "a", "--json", "--verify"),
        ("unknown option --ouput; did you mean --output?", "ingest", "a", "--ouput", "b"),
        ("unknown option --categ; did you mean --category-tag?", "ingest", "a", "--categ"),
        ("unknown option -x", "ingest", "-x"),
        ("option -o needs a value", "ingest", "a", "-o"),
        ("option --theta needs a value", "route", "q.h5", "--theta", "--ids"),
        ("--strict takes no value", "ingest", "a", "--strict=1"),
        ("--format is jsonl or msgpack", "ingest", "a", "-o", "b", "--format", "xml"),
        ("--format is h5, jsonl or msgpack", "route", "a", "-r", "r", "-o", "b", "--format=x"),
        ("--quality is score or accept", "simulate", "a", "-r", "r", "--quality", "x"),
        ("--volume scales the savings", "simulate", "a", "-r", "r", "--volume", "2"),
        ("--volume is a number above 0", "simulate", "a", "-r", "r", "--baseline", "m", "--volume",
         "-1"),
        ("--log-days says what", "simulate", "a", "-r", "r", "--baseline", "m", "--log-days", "7"),
        ("--judged-split is of --judged", "simulate", "a", "-r", "r", "--judged-split", "x"),
        ("--router is given at most twice", "simulate", "a", *("-r", "r") * 3),
        ("two are compared by their figures", "simulate", "a", "-r", "r", "-r", "s", "--by", "x"),
        ("--html and --csv are of one", "simulate", "a", "-r", "r", "-r", "s", "--html", "x"),
        ("no policy 'best'", "simulate", "a", "-r", "r", "--against-policy", "best"),
        ("--by takes at most 8", "simulate", "a", "-r", "r", *("--by", "x") * 9),
        ("--max-bad takes a share", "ingest", "a", "-o", "b", "--max-bad", "7"),
        ("--max-bad takes a share", "ingest", "a", "-o", "b", "--max-bad", "-1%"),
        ("--max-record takes a size", "ingest", "a", "-o", "b", "--max-record", "big"),
        ("--max-record takes a size", "ingest", "a", "-o", "b", "--max-record", "0"),
        ("--threads takes a whole number", "info", "a", "--threads", "0"),
        ("--threads takes a whole number", "info", "a", "-j", "2x"),
        ("--count is raw, binary or log", "fit", "a", "-o", "b", "--count", "x"),
        ("--rewards takes three numbers", "fit", "a", "-o", "b", "--rewards", "1,2"),
        ("--min-count takes a number", "fit", "a", "-o", "b", "--min-count", "inf"),
        ("--models has an empty name", "fit", "a", "-o", "b", "--models", "x,,y"),
        ("give --prices too", "fit", "a", "-o", "b", "--alias", "x=y"),
        ("no policy 'best'", "route", "a", "-r", "r", "-o", "b", "--policy", "best"),
        ("policy slack needs --tau", "route", "a", "-r", "r", "-o", "b", "--policy", "slack"),
        ("policy utility needs --lambda", "route", "a", "-r", "r", "-o", "b", "--policy=utility"),
        ("policy slack takes --tau", "route", "a", "-r", "r", "-o", "b", "--policy", "slack",
         "--theta", "0"),
        ("policy margin takes --theta", "route", "a", "-r", "r", "-o", "b", "--theta", "0",
         "--lambda", "1"),
        ("must not be negative", "route", "a", "-r", "r", "-o", "b", "--tau", "-1"),
        ("--theta takes numbers", "route", "a", "-r", "r", "-o", "b", "--theta", "0x1p3"),
        ("--theta takes numbers", "route", "a", "-r", "r", "-o", "b", "--theta", "nan"),
        ("--theta takes numbers", "route", "a", "-r", "r", "-o", "b", "--theta", "1e999"),
        ("--theta takes numbers", "route", "a", "-r", "r", "-o", "b", "--theta", "0,"),
        ("--theta takes numbers", "route", "a", "-r", "r", "-o", "b", "--theta", ""),
        ("--theta takes numbers", "route", "a", "-r", "r", "-o", "b", "--theta", "0:1"),
        ("--theta takes numbers", "route", "a", "-r", "r", "-o", "b", "--theta", "0:1:0"),
        ("--theta takes numbers", "route", "a", "-r", "r", "-o", "b", "--theta", "0:1:-1"),
        ("more than 1000000 numbers", "route", "a", "-r", "r", "-o", "b", "--theta", "0:1:1e-9"),
    ]

    def test_each(self):
        for expected, *words in self.CASES:
            with self.subTest(words=words):
                message = self.fails(2, *words)
                self.assertIn(expected, message)
                self.assertIn("try 'tagroute", message)
        self.assertEqual(self.names(), [])

    def test_absent_files(self):
        for words in (("ingest", "no.jsonl", "-o", "q.h5"), ("info", "no.h5"),
                      ("fit", "no.h5", "-o", "r"), ("route", "no.h5", "-r", "no", "-o", "d.h5"),
                      ("simulate", "no.h5", "-r", "no")):
            self.assertIn("No such file", self.fails(1, *words))
        self.assertEqual(self.names(), [])


class Options(Scratch):
    def setUp(self):
        super().setUp()
        self.write("log.jsonl", jsonl(records()))
        self.works("ingest", "log.jsonl", "-o", "q.h5")
        self.works("fit", "q.h5", "-o", "r", "--min-count=1")

    def test_ways_to_write_options(self):
        lines = self.works("route", "q.h5", "-r", "r", "-o", "-", "--format", "jsonl").stdout
        for words in (("-rr", "-o-", "--format=jsonl", "q.h5"),
                      ("--router=r", "--output=-", "--format=jsonl", "--", "q.h5"),
                      ("q.h5", "-qr", "r", "-o", "-", "--format", "h5", "--format", "jsonl")):
            self.assertEqual(self.works("route", *words).stdout, lines)

    def test_dash_names_after_the_end_of_options(self):
        self.write("-log.jsonl", jsonl(records()))
        self.works("ingest", "-o", "other.h5", "--", "-log.jsonl")
        self.assertIn("other.h5", self.names())

    def test_negative_thresholds_and_ranges(self):
        def route(*words):
            return self.works("route", "q.h5", "-r", "r", "-o", "-", "--format", "jsonl",
                              *words).stdout
        self.assertEqual(route("--theta", "-0.3"), route("--theta=-0.3"))
        self.assertEqual(len({route("--theta", t) for t in ("-9", "-0.3", "9")}), 3)
        self.assertEqual(route("--theta", "-0.4:0:0.1"), route("--theta", "-0.4,-0.3,-0.2,-0.1,0"))
        self.assertEqual(route("--theta", "0:-0.4:-0.2"), route("--theta", "0,-0.2,-0.4"))
        self.assertEqual(route("--theta=-3e-1:-1e-1:1e-1"), route("--theta=-0.3,-0.2,-0.1"))

    def test_thresholds_print_as_they_were_written(self):
        text = self.works("route", "q.h5", "-r", "r", "-o", "-", "--format", "jsonl",
                          "--theta", "-0.3:0.3:0.1").stderr.decode()
        shown = re.findall(r"^  (-?[0-9.]+) ", text, re.M)
        self.assertEqual(shown, ["-0.3", "-0.2", "-0.1", "0", "0.1", "0.2", "0.3"])

    def test_unknown_names_get_near_matches(self):
        for words in (("fit", "q.h5", "-o", "x", "--reference", "larg"),
                      ("fit", "q.h5", "-o", "x", "--models", "smal,large"),
                      ("route", "q.h5", "-r", "r", "-o", "d.h5", "--fallback", "lage"),
                      ("route", "q.h5", "-r", "r", "-o", "d.h5", "--cost", "lagre=1")):
            self.assertRegex(self.fails(2, *words), "large|small")
        self.assertRegex(self.fails(2, "route", "q.h5", "-r", "r", "-o", "d.h5", "--split", "tst"),
                         "test")

    def test_quiet_says_nothing(self):
        for words in (("ingest", "log.jsonl", "-o", "q2.h5"), ("fit", "q.h5", "-o", "r2"),
                      ("route", "q.h5", "-r", "r", "-o", "d.h5", "--theta", "-0.3")):
            done = self.works(*words, "--quiet")
            self.assertEqual((done.stdout, done.stderr), (b"", b""), words)

    def test_summaries_go_to_standard_error(self):
        for words in (("ingest", "log.jsonl", "-o", "q2.h5"), ("fit", "q.h5", "-o", "r2"),
                      ("route", "q.h5", "-r", "r", "-o", "d.h5")):
            done = self.works(*words)
            self.assertEqual(done.stdout, b"")
            self.assertIn(words[words.index("-o") + 1].encode(), done.stderr)

    def test_ingest_summary_and_next_command(self):
        text = self.works("ingest", "log.jsonl", "-o", "q2.h5").stderr.decode()
        self.assertIn("q2.h5: 40 queries, 3 tags, 80 non-zeros, 2 models, 100.0 % judged", text)
        self.assertIn("next: tagroute fit q2.h5", text)


if __name__ == "__main__":
    main()
