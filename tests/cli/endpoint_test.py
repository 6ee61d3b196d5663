#!/usr/bin/python3
"""`tag --endpoint` against a real HTTP server that does its worst: every text answered once, order
kept, totals right, keys and texts shown nowhere, and a stopped run goes on to the same bytes."""
import fcntl
import gzip
import json
import os
import random
import re
import shutil
import signal
import ssl
import subprocess
import time
import unittest

import msgpack

from chat_server import ChatServer, tags_of, tokens_of
from harness import PROGRAM, Scratch, default_signals, environment, jsonl, main

SEED = 20240911
KEY = "sk-very-secret-0123"


def log_of(count, distinct):
    """Records of which many have the same text."""
    draw = random.Random(SEED)
    for i in range(count):
        text = f"words{draw.randrange(distinct)} of \u00fcber {draw.randrange(2)} qu\"oted\nlines"
        yield {"id": f"q{i}", "text": text, "prompt_tokens": i, "models": {"m": {"score": 1.5}}}


def tagged(record):
    return {**record, "tags": tags_of(record["text"])}


MAP = """{"vendor/tagger": {"input_cost_per_token": 1e-6, "output_cost_per_token": 2e-6,
  "input_cost_per_token_flex": 2e-5, "output_cost_per_token_flex": 4e-5}}"""


class Asking(Scratch):
    def setUp(self):
        super().setUp()
        self.rows = list(log_of(300, 80))
        self.texts = {row["text"] for row in self.rows}
        self.write("log.jsonl", jsonl(self.rows))

    def serve(self, script=None, **options):
        server = ChatServer(script, **options)
        self.addCleanup(server.stop)
        return server

    def words(self, server, *more, log="log.jsonl", output="out.jsonl"):
        return ("tag", "--endpoint", server.url, "--model", "tagger", log, "-o", output,
                "--backoff", "0.01", *more)

    def start(self, *words, **changes):
        return subprocess.Popen([PROGRAM, *words], cwd=self.folder, stdin=subprocess.DEVNULL,
                                stderr=subprocess.PIPE, env=environment(**changes),
                                preexec_fn=default_signals)

    def read_rows(self, name="out.jsonl"):
        return [json.loads(line) for line in self.read(name).decode().split("\n")[:-1]]

    def check_output(self, name="out.jsonl"):
        self.assertEqual(self.read_rows(name), [tagged(row) for row in self.rows])
        self.assertNotIn(".out.jsonl.partial", self.names())

    def check_answered_once(self, server):
        self.assertEqual(server.answered, {text: 1 for text in self.texts})

    def use(self, done, kind):
        """Answers, prompt and completion tokens that the summary names."""
        found = re.search(rf"  {kind}: ([\d,]+) answers, ([\d,]+) prompt and ([\d,]+) completion",
                          done.stderr.decode())
        return tuple(int(n.replace(",", "")) for n in found.groups()) if found else (0, 0, 0)

    def whole(self):
        """Answers and tokens of all texts, each once."""
        pairs = [tokens_of(text) for text in self.texts]
        return (len(pairs), sum(p for p, _ in pairs), sum(c for _, c in pairs))

    def check_silence(self, *messages):
        """Nobody says or writes the key; no message shows a text."""
        for message in messages:
            self.assertNotIn(KEY, message)
            self.assertNotIn("words", message.replace("/log", ""))
        for name in self.names():
            if os.path.isfile(self.path(name)):
                self.assertNotIn(KEY.encode(), self.read(name), name)


class Faults(Asking):
    def test_a_server_that_fails_in_every_way(self):
        draw = random.Random(SEED)
        faults = [("status", 429), ("status", 429, None, [("Retry-After", "0")]), ("status", 500),
                  ("status", 502), ("status", 503), ("drop",), ("cut",), ("garbage", b"<html>"),
                  ("garbage", b"{}"), ("garbage", b'{"choices": []}'), ("garbage", b""),
                  ("garbage", b"\xff" * 5000), ("garbage", b"[" * 100000),
                  ("answer", None, 0.05), ("answer", None, 0.01), ("garbage", b"x" * (5 << 20))]
        left = {} # what befalls the first requests of each text

        def script(text, times):
            if times == 1:
                left[text] = draw.sample(faults, draw.randrange(4))
                if len(left) % 30 == 5:
                    left[text].append(("late", 2.5))
            return left[text].pop() if left[text] else None
        server = self.serve(script)
        done = self.works(*self.words(server, "--timeout", "2", "--price", "0.5,2/M"),
                          OPENAI_API_KEY=KEY)
        self.check_output()
        self.check_answered_once(server)
        self.assertEqual(self.use(done, "now"), self.whole())
        _, prompt, completion = self.whole()
        self.assertEqual(server.tokens(), (prompt, completion))
        money = float(re.search(r"completion tokens, \$([\d.]+)", done.stderr.decode()).group(1))
        self.assertAlmostEqual(money, prompt * 0.5e-6 + completion * 2e-6, delta=5e-5)
        requests, retries = re.search(r"  (\d+) requests, (\d+) of them retries",
                                      done.stderr.decode()).groups()
        # libcurl itself repeats what was sent over a connection that turns out to be dead.
        unseen = sum(server.asked.values()) - int(requests)
        self.assertTrue(0 <= unseen <= server.drops, unseen)
        self.assertEqual(int(requests) - int(retries), len(self.texts))
        self.assertGreater(int(retries), 30)
        self.assertEqual(server.keys, {f"Bearer {KEY}"})
        self.assertEqual(server.models, {"tagger"})
        self.assertLessEqual(server.most_at_once, 16 + 16) # those timed out are still at work
        self.check_silence(done.stderr.decode())

    def test_many_at_once(self):
        server = self.serve(lambda text, times: ("answer", None, 0.02))
        self.works(*self.words(server, "--in-flight", "7"))
        self.assertEqual(server.most_at_once, 7)
        self.check_output()
        self.assertEqual(server.keys, {None})

    def test_retry_after_holds_for_everybody(self):
        first = []

        def script(text, times):
            if not first:
                first.append(text)
                return ("status", 429, "rate_limit_exceeded", [("Retry-After", "1")])
            return None
        server = self.serve(script)
        self.works(*self.words(server, "--in-flight", "1"))
        self.assertGreaterEqual(server.moments[1] - server.moments[0], 1)
        self.check_output()

    def test_a_server_that_dies_and_comes_back(self):
        server = self.serve(lambda text, times: ("answer", None, 0.01))
        process = self.start(*self.words(server, "--backoff", "0.05"))
        for _ in range(3):
            wanted = len(server.answered) + 15
            while len(server.answered) < wanted and process.poll() is None:
                time.sleep(0.001)
            server.stop()
            time.sleep(0.15)
            server.start()
        message = process.communicate()[1].decode()
        self.assertEqual(process.returncode, 0, message)
        self.check_output()
        # An answer that was being sent when the server died is lost, and asked for again.
        self.assertEqual(set(server.answered), self.texts)
        self.assertLessEqual(sum(server.answered.values()), len(self.texts) + 3 * 16)


class Resuming(Asking):
    def test_a_server_that_stays_dead(self):
        whole = self.serve()
        self.works(*self.words(whole, output="whole.jsonl"))
        server = self.serve(lambda text, times: ("drop",) if len(server.answered) >= 30 else None)
        words = self.words(server, "--retries", "2", "--in-flight", "4")
        self.write("out.jsonl", "of another run") # --resume must not take it for finished
        message = self.fails(1, *words, OPENAI_API_KEY=KEY)
        self.assertRegex(message, r"log.jsonl: line \d+: no answer from 127.0.0.1:\d+ in 3 tries")
        self.assertRegex(message, "answers so far are kept in out.jsonl.answers.*goes on")
        self.check_silence(message)
        self.assertEqual(self.read("out.jsonl"), b"of another run")
        self.assertIn(".out.jsonl.partial", self.names())
        server.script = lambda text, times: None
        done = self.works(*words, "--resume")
        self.assertEqual(self.read("out.jsonl"), self.read("whole.jsonl"))
        self.check_answered_once(server)
        earlier, now = self.use(done, "paid for earlier"), self.use(done, "now")
        self.assertGreaterEqual(earlier[0], 30)
        self.assertEqual(tuple(a + b for a, b in zip(earlier, now)), self.whole())
        before = os.stat(self.path("out.jsonl")).st_ino
        again = self.works(*words, "--resume")
        self.assertIn(b"nothing to resume", again.stderr)
        self.assertEqual(os.stat(self.path("out.jsonl")).st_ino, before)
        self.check_answered_once(server)

    def test_killed_at_any_moment(self):
        draw = random.Random(SEED)
        server = self.serve(lambda text, times: ("answer", None, draw.uniform(0, 0.04)))
        self.works(*self.words(self.serve(), output="whole.jsonl"))
        kills = 0
        for _ in range(60):
            process = self.start(*self.words(server, "--resume", "--in-flight", "3"))
            try:
                process.wait(timeout=draw.uniform(0.01, 0.12))
            except subprocess.TimeoutExpired:
                process.kill()
            message = process.communicate()[1].decode()
            if process.returncode == 0:
                break
            self.assertEqual(process.returncode, -signal.SIGKILL, message)
            kills += 1
        else:
            self.works(*self.words(server, "--resume"))
        print(f"{kills} kills")
        self.assertGreater(kills, 1)
        self.assertEqual(self.read("out.jsonl"), self.read("whole.jsonl"))
        self.assertEqual(set(server.answered), self.texts)
        # Only what was on its way when the program was killed is paid for twice.
        self.assertLessEqual(sum(server.answered.values()), len(self.texts) + 3 * kills)
        self.assertEqual(self.names(), ["log.jsonl", "out.jsonl", "out.jsonl.answers",
                                        "whole.jsonl", "whole.jsonl.answers"])

    def test_interrupted(self):
        server = self.serve(lambda text, times: ("answer", None, 0.05))
        process = self.start(*self.words(server))
        while len(server.answered) < 20:
            time.sleep(0.001)
        process.send_signal(signal.SIGINT)
        message = process.communicate()[1].decode()
        self.assertEqual(process.returncode, 1, message)
        self.assertIn("stopped before the end; the answers so far are kept", message)
        self.assertNotIn("out.jsonl", self.names())
        self.works(*self.words(server, "--resume"))
        self.check_output()
        self.check_answered_once(server) # those on their way were waited for

    def test_a_torn_file_of_answers(self):
        server = self.serve()
        self.works(*self.words(server))
        whole = self.read("out.jsonl")
        answers = self.read("out.jsonl.answers")
        self.write("out.jsonl.answers", answers[:-5])
        done = self.works(*self.words(server))
        self.assertIn(b"hold no whole answer", done.stderr)
        self.assertEqual(self.read("out.jsonl"), whole)
        self.assertEqual(sum(server.answered.values()), len(self.texts) + 1)

    @unittest.skipUnless(os.environ.get("TAGROUTE_FAULTS"), "takes the library that makes calls fail")
    def test_disks_that_fail(self):
        """Each write, sync and rename once: a sentence, what was there stays, and a run goes on."""
        self.rows = self.rows[:6]
        self.texts = {row["text"] for row in self.rows}
        self.write("log.jsonl", jsonl(self.rows))
        os.mkdir(self.path("out"))
        struck_in_all = 0
        for call in ("write", "pwrite", "fsync", "fdatasync", "ftruncate", "rename", "open"):
            for number in range(1, 50):
                server = ChatServer()
                self.write("out/out.jsonl", "what was there")
                words = self.words(server, "--in-flight", "1", output="out/out.jsonl")
                done = self.run_program(
                    *words, LD_PRELOAD=os.environ["TAGROUTE_FAULTS"], FAULT_LOG=self.path("struck"),
                    FAULT_FOLDER=os.path.realpath(self.path("out")), FAULT_CALL=call,
                    FAULT_AT=str(number), FAULT_ERRNO="ENOSPC")
                where = f"{call} {number}: {done.stderr.decode()}"
                struck = os.path.exists(self.path("struck"))
                if done.returncode != 0:
                    self.assertEqual(done.returncode, 1, where)
                    self.assertRegex(done.stderr.decode(), r"\Atagroute: .*No space left.*\n\Z", where)
                    # Who cannot create a file cannot say either that the output is an old one.
                    self.works(*words, *([] if call == "open" else ["--resume"]))
                self.assertEqual(self.read_rows("out/out.jsonl"), [tagged(row) for row in self.rows],
                                 where)
                self.assertEqual(set(server.answered), self.texts, where)
                self.assertLessEqual(sum(server.answered.values()), len(self.texts) + struck, where)
                self.assertEqual(sorted(os.listdir(self.path("out"))),
                                 ["out.jsonl", "out.jsonl.answers"], where)
                os.remove(self.path("out/out.jsonl.answers"))
                server.stop()
                if not struck:
                    break
                struck_in_all += 1
                os.remove(self.path("struck"))
        self.assertGreater(struck_in_all, 12)

    def test_one_file_of_answers_for_several_logs(self):
        server = self.serve()
        self.works(*self.words(server, "--cache", "answers"))
        self.write("other.jsonl", jsonl(self.rows[::-1]))
        done = self.works(*self.words(server, "--cache", "answers", log="other.jsonl",
                                      output="other.out.jsonl"))
        self.assertEqual(self.use(done, "paid for earlier"), self.whole())
        self.assertEqual(self.use(done, "now"), (0, 0, 0))
        self.check_answered_once(server)
        self.assertEqual(self.read_rows("other.out.jsonl"), [tagged(row) for row in self.rows[::-1]])
        self.assertNotIn("out.jsonl.answers", self.names())
        with open(self.path("answers"), "rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self.assertIn("another run", self.fails(1, *self.words(server, "--cache", "answers")))
        self.assertIn("not a file of answers",
                      self.fails(3, *self.words(server, "--cache", "log.jsonl")))
        self.assertIn("both the output and the file of answers",
                      self.fails(2, *self.words(server, "--cache", "out.jsonl")))


class Records(Asking):
    def test_every_kind_of_log(self):
        server = self.serve()
        self.write("log.msgpack", b"".join(msgpack.packb(row) for row in self.rows))
        self.write("log.jsonl.gz", gzip.compress(jsonl(self.rows).encode()))
        whole = [tagged(row) for row in self.rows]
        for log, output in (("log.jsonl", "a.jsonl.gz"), ("log.jsonl.gz", "a.msgpack"),
                            ("log.msgpack", "b.msgpack.gz"), ("log.msgpack", "a.jsonl"),
                            ("log.msgpack", "a.jsonl.zst"), ("log.jsonl", "b.msgpack.zst")):
            self.works(*self.words(server, "--cache", "answers", log=log, output=output))
            found = self.read(output)
            found = gzip.decompress(found) if output.endswith(".gz") else found
            if "zst" not in output and "jsonl" in output:
                self.assertEqual([json.loads(line) for line in found.decode().splitlines()], whole)
            elif "zst" not in output:
                unpacker = msgpack.Unpacker()
                unpacker.feed(found)
                self.assertEqual(list(unpacker), whole)
            self.works("ingest", output, "-o", "q.h5", "-q")
            if log == "log.jsonl" and output == "a.jsonl.gz":
                first = self.read("q.h5")
            self.assertEqual(len(self.read("q.h5")), len(first), output)
        self.check_answered_once(server)
        self.assertIn("ends in .jsonl or .msgpack", self.fails(2, *self.words(server, output="a.txt")))

    def test_what_has_tags_is_kept_as_it_is(self):
        rows = [{"id": 1, "tags": {"a": 2, "b": 0.5}, "text": "one two", "x": [1.0, -0.0, 2 ** 63, 1e300,
                                                                              None, True, {"y": "\u2028"}]},
                {"text": "three four", "tags": None}, {"tags": []}, {"tags": ["z"], "text": "five"},
                {"text": " \n"}, {"text": "six", "text2": "\u0001\"\\"}]
        self.write("log.jsonl", jsonl(rows))
        server = self.serve()
        done = self.works(*self.words(server))
        kept = [rows[0], {"text": "three four", "tags": ["three", "four"]}, rows[2], rows[3],
                {"text": " \n", "tags": []}, {**rows[5], "tags": ["six"]}]
        self.assertEqual(self.read_rows(), kept)
        self.assertIn('"x": [1.0, -0.0, 9223372036854775808, 1e+300', self.read("out.jsonl").decode())
        self.assertEqual(set(server.asked), {"three four", "six"})
        self.assertRegex(done.stderr.decode(), "6 records, 2 tagged, 3 kept as they were, 1 blank")
        self.works(*self.words(server, "--retag"))
        retagged = [{**{k: v for k, v in row.items() if k != "tags"}, "tags": tags_of(row["text"])}
                    if "text" in row else row for row in rows]
        self.assertEqual(self.read_rows(), retagged)

    def test_what_json_cannot_hold(self):
        row = {"text": "one", "data": b"\xff", "time": msgpack.Timestamp(1), "n": float("nan"),
               "m": {1: 2, "k": 3}}
        self.write("log.msgpack", msgpack.packb(row))
        server = self.serve()
        done = self.works(*self.words(server, log="log.msgpack"))
        self.assertEqual(self.read_rows(), [{"text": "one", "data": None, "time": None, "n": None,
                                             "m": {"k": 3}, "tags": ["one"]}])
        self.assertIn(b"4 values that JSON cannot hold", done.stderr)
        self.works(*self.words(server, log="log.msgpack", output="out.msgpack"))
        found = msgpack.unpackb(self.read("out.msgpack"), strict_map_key=False)
        self.assertEqual(str(found), str({**row, "tags": ["one"]}))

    def test_answers_without_tags(self):
        says = {"a": "I'm sorry, but I cannot help.", "b": "none", "c": "1. one\n2. two", "d": None}
        self.write("log.jsonl", jsonl({"text": text} for text in says))

        def script(text, times):
            if text == "d":
                return ("garbage", json.dumps({"choices": [{"message": {
                    "content": None, "refusal": "no"}}]}).encode())
            return ("answer", says[text])
        done = self.works(*self.words(self.serve(script)))
        self.assertEqual([row["tags"] for row in self.read_rows()], [[], [], ["one", "two"], []])
        self.assertIn("4 records, 1 tagged, 3 answered without a tag, 2 of these refused",
                      done.stderr.decode())
        self.assertIn("1 answers not metered", done.stderr.decode())

    def test_bad_records(self):
        good = jsonl(self.rows[:30])
        self.write("log.jsonl", good + '{"text": 7}\n' + good)
        server = self.serve()
        done = self.works(*self.words(server))
        self.assertIn(b"log.jsonl: line 31: ", done.stderr)
        self.assertEqual(self.read_rows(), [tagged(row) for row in self.rows[:30]] * 2)
        os.remove(self.path("out.jsonl"))
        self.assertIn("line 31", self.fails(3, *self.words(server, "--strict")))
        self.assertIn("more than 1%", self.fails(3, *self.words(server, "--max-bad", "1%")))
        self.write("log.jsonl", "")
        self.assertIn("no record at all", self.fails(3, *self.words(server)))
        self.assertEqual(self.names(), ["log.jsonl", "out.jsonl.answers"])

    def test_prompts_and_settings(self):
        self.write("prompt", "Say {text}!")
        self.write("log.jsonl", jsonl([{"text": "{text} \\ \""}]))
        server = self.serve()
        self.works(*self.words(server, "--prompt", "prompt", "--temperature", "none",
                               "--max-tokens", "0"))
        self.assertEqual(server.bodies, [{"model": "tagger", "messages": [
            {"role": "user", "content": "Say {text} \\ \"!"}]}])
        self.works(*self.words(server, "--temperature", "0.5", "--max-tokens", "9"))
        self.assertEqual((server.bodies[1]["temperature"], server.bodies[1]["max_tokens"]), (0.5, 9))
        self.write("prompt", "Say it!")
        self.assertIn("{text}", self.fails(3, *self.words(server, "--prompt", "prompt")))

    def test_a_pipe_that_is_slow(self):
        """What is on its way is looked after, however long the next records take."""
        server = self.serve(lambda text, times: ("answer", None, 0.05 if int(text[5:]) % 2 else 0.3))
        words = self.words(server, "--timeout", "3", "--memory", "500K", log="-")
        process = subprocess.Popen([PROGRAM, *words], cwd=self.folder, stdin=subprocess.PIPE,
                                   stderr=subprocess.PIPE, env=environment())
        rows = [{"text": f"words{i}", "pad": "x" * 100000} for i in range(22)]
        process.stdin.write(jsonl(rows[:14]).encode())
        process.stdin.flush()
        time.sleep(4.5)
        message = process.communicate(jsonl(rows[14:]).encode())[1].decode()
        self.assertEqual(process.returncode, 0, message)
        self.assertIn("22 requests, 0 of them retries", message)
        self.assertEqual([row["tags"] for row in self.read_rows()],
                         [[row["text"]] for row in rows])

    def test_standard_input(self):
        server = self.serve()
        self.works(*self.words(server, log="-"), stdin=self.read("log.jsonl"))
        self.check_output()


class Refused(Asking):
    def test_what_no_retry_helps_against(self):
        for action, says in ((("status", 401, "invalid_api_key"), "does not accept the key"),
                             (("status", 404, "model_not_found"), "no such model"),
                             (("status", 302, None, [("Location", "http://127.0.0.1:1/")]),
                              "sends elsewhere"),
                             (("status", 429, "insufficient_quota"), "quota"),
                             (("status", 503, None, [("Retry-After", "7200")]), "120 minutes")):
            server = self.serve(lambda text, times: action)
            message = self.fails(1, *self.words(server, "--in-flight", "1"), OPENAI_API_KEY=KEY)
            self.assertIn(says, message)
            self.assertEqual(sum(server.asked.values()), 1)
            self.check_silence(message)

    def test_a_text_that_is_refused(self):
        bad = self.rows[3]["text"]
        script = lambda text, times: ("status", 400, "context_length_exceeded") if text == bad else None
        server = self.serve(script)
        message = self.fails(1, *self.words(server), OPENAI_API_KEY=KEY)
        self.assertRegex(message, r"log.jsonl: line \d+: refused by 127.0.0.1:\d+ \(status 400, "
                                  "context_length_exceeded\\)")
        self.check_silence(message)
        done = self.works(*self.words(server, "--skip-failed"))
        self.assertIn("left without tags: log.jsonl: line", done.stderr.decode())
        self.assertEqual(self.read_rows(), [tagged(row) if row["text"] != bad else
                                            {**row, "tags": []} for row in self.rows])
        self.assertEqual(server.asked[bad], 2)

    def test_keys(self):
        server = self.serve()
        self.works(*self.words(server, "--key-env", "MY_KEY"), MY_KEY=KEY, OPENAI_API_KEY="sk-other")
        self.assertEqual(server.keys, {f"Bearer {KEY}"})
        message = self.fails(2, *self.words(server, "--key-env", "MY_KEY"), OPENAI_API_KEY="sk-other")
        self.assertIn("not set", message)
        message = self.fails(2, *self.words(server), OPENAI_API_KEY="sk-\nEvil: 1")
        self.assertNotIn("Evil", message)
        # One that was given in place of a variable's name must not be shown either.
        self.assertNotIn(KEY, self.fails(2, *self.words(server, "--key-env", KEY)))

    def test_plain_http_to_other_machines(self):
        words = ("tag", "--endpoint", "http://example.invalid/v1", "--model", "m", "log.jsonl", "-o",
                 "out.jsonl", "--retries", "0")
        self.assertIn("--insecure-http", self.fails(2, *words, OPENAI_API_KEY=KEY))
        self.assertEqual(self.names(), ["log.jsonl"])
        message = self.fails(1, *words, "--insecure-http", OPENAI_API_KEY=KEY)
        self.assertIn("no answer from example.invalid:80", message)

    def test_a_proxy_sees_nothing_of_this_machine(self):
        server = self.serve()
        self.works(*self.words(server), http_proxy="http://127.0.0.1:1", all_proxy="http://127.0.0.1:1")
        self.check_answered_once(server)

    @unittest.skipUnless(shutil.which("openssl"), "makes a certificate")
    def test_certificates(self):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                        "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                        "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout",
                        "key.pem", "-out", "certificate.pem"], cwd=self.folder, check=True,
                       stderr=subprocess.DEVNULL)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.path("certificate.pem"), self.path("key.pem"))
        server = self.serve(wrap=lambda socket: context.wrap_socket(socket, server_side=True))
        words = list(self.words(server))
        words[2] = words[2].replace("http:", "https:")
        message = self.fails(1, *words, OPENAI_API_KEY=KEY)
        self.assertIn("certificate is not good", message)
        self.assertEqual(server.keys, set())
        self.works(*words, "--ca-file", "certificate.pem", OPENAI_API_KEY=KEY)
        self.check_output()
        self.assertEqual(server.keys, {f"Bearer {KEY}"})
        words[2] = words[2].replace("127.0.0.1", "localhost") # another name than the certificate's
        self.assertIn("certificate is not good",
                      self.fails(1, *words, "--ca-file", "certificate.pem", "--retag", "--model", "x"))


class Priced(Asking):
    def test_price_map(self):
        """The total goes by the map's entry and tier."""
        server = self.serve()
        self.write("map.json", MAP)
        done = self.works(*self.words(server), "--prices", "map.json", "--price-tier", "flex",
                          OPENAI_API_KEY=KEY)
        _, prompt, completion = self.whole()
        money = float(re.search(r"completion tokens, \$([\d.]+)", done.stderr.decode()).group(1))
        self.assertAlmostEqual(money, prompt * 2e-5 + completion * 4e-5, delta=5e-3)


class Usage(Asking):
    def test_wrong_usage(self):
        server = self.serve()
        self.write("map.json", MAP)
        cases = [("tag needs --model", ("--endpoint", "http://127.0.0.1/", "log.jsonl", "-o", "o.jsonl")),
                 ("tag needs --output", ("--endpoint", "http://127.0.0.1/", "--model", "m", "log.jsonl")),
                 ("one thing at a time", ("--endpoint", "x", "--learn", "log.jsonl")),
                 ("--ngrams does not go with --endpoint", (*self.words(server)[1:], "--ngrams", "2")),
                 ("--in-flight takes a whole number", (*self.words(server)[1:], "--in-flight", "0")),
                 ("--retries takes a whole number", (*self.words(server)[1:], "--retries", "-1")),
                 ("--price takes two prices", (*self.words(server)[1:], "--price", "1")),
                 ("--price takes two prices", (*self.words(server)[1:], "--price", "1,-2")),
                 ("--price takes two prices", (*self.words(server)[1:], "--price", "1,2/K")),
                 ("give --prices too", (*self.words(server)[1:], "--price-tier", "batch")),
                 ("give one of them", (*self.words(server)[1:], "--price", "1,2", "--prices", "x")),
                 ("no model \"vendor/taggr\"; near: vendor/tagger",
                  (*self.words(server)[1:], "--prices", "map.json", "--priced-as", "vendor/taggr")),
                 ("no batch prices for model \"tagger\", as \"vendor/tagger\" (it has: standard, flex)",
                  (*self.words(server)[1:], "--prices", "map.json", "--price-tier", "batch")),
                 ("--temperature takes", (*self.words(server)[1:], "--temperature", "-1")),
                 ("from a millisecond to a day", (*self.words(server)[1:], "--timeout", "0")),
                 ("not one such as", ("--endpoint", "nonsense", *self.words(server)[3:]))]
        for says, words in cases:
            self.assertIn(says, self.fails(2, "tag", *words), words)
        self.assertEqual(self.names(), ["log.jsonl", "map.json"])
        self.assertIn("both read and to be replaced",
                      self.fails(2, *self.words(server, output="log.jsonl")))
        self.assertIn("nowhere", self.fails(1, *self.words(server, log="nowhere")))


if __name__ == "__main__":
    tried = subprocess.run([PROGRAM, "tag", "--endpoint", "http://127.0.0.1/", "--model", "m",
                            os.devnull, "-o", "/dev/shm/none.jsonl"], stderr=subprocess.PIPE)
    if b"this build asks no endpoint" in tried.stderr:
        print("skipped: built without libcurl")
        raise SystemExit(77)
    main()
