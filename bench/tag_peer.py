#!/usr/bin/env python3
"""tag_peer.py - texts to tags: tagroute beside a Python tokenizer with a dictionary, one run for both.

usage: bench/tag_peer.py TAGROUTE LOG.jsonl [ROUNDS [MEGABYTES]]

Learns a vocabulary of at most 15,000 phrases from the log's texts, drawn again and again until there are so many megabytes,
and then takes turns: `tagroute ingest --vocab`, the whole process with reading JSON and writing the query file; tag_job.py,
which does the same work in Python and whose file must hold the same rows, tags, ids and texts; a loop in Python over the
same records that finds words with a regular expression, leaves out stop words and looks words and pairs up in a
dictionary; and scikit-learn's CountVectorizer where it is installed. The last two write nothing. The same again, but for
tag_job.py, which knows ASCII alone, for a log of mixed scripts, made of the first by writing most of its words in other
letters. Says the processor time of each in MB of log a second, tagroute on one thread, and the median of the ratios; and of
the two whole processes the time by the clock, tagroute on all cores.
"""
import json
import os
import random
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time

import h5py

JOB = os.path.join(os.path.dirname(os.path.abspath(__file__)), "tag_job.py")
WORD = re.compile(r"\w+(?:'\w+)?")
STOP_WORDS = set("a an and are as at be but by for from has have he in is it its not of on or that the this to was "
                 "were which who will with you".split())
CYRILLIC = dict(zip(map(ord, "abcdefghijklmnopqrstuvwxyz"), "абцдефгхийклмнопярстувшхыз"))
ACCENTS = dict(zip(map(ord, "aeiouc"), "àéîöüç"))
HAN = [chr(code) for code in range(0x4e00, 0x4e00 + 500)]


def mixed(text, rng):
    """Two words in five stay, one becomes Cyrillic, one accented, one Han characters."""
    words = []
    for word in text.split(" "):
        kind = rng.randrange(5)
        words.append(word if kind < 2 else word.translate(CYRILLIC) if kind == 2
                     else word.translate(ACCENTS) if kind == 3
                     else "".join(HAN[hash_of(word, i)] for i in range(min(len(word), 3))))
    return " ".join(words)


def hash_of(word, i):
    return (sum(map(ord, word)) * 31 + i * 7) % len(HAN)


def processor_seconds(who):
    used = resource.getrusage(who)
    return used.ru_utime + used.ru_stime


def whole(command):
    """The processor time and the time by the clock of a process."""
    before, start = processor_seconds(resource.RUSAGE_CHILDREN), time.monotonic()
    subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
    return processor_seconds(resource.RUSAGE_CHILDREN) - before, time.monotonic() - start


def by_tagroute(program, log, vocabulary, output, threads):
    return whole([program, "ingest", log, "--vocab", vocabulary, "-o", output, "--quiet"] + threads)


def check_same(ours, theirs):
    """Rows, the names of their tags, ids and texts are equal, value by value."""
    with h5py.File(ours) as one, h5py.File(theirs) as other:
        for name in ("X/indptr", "X/indices", "X/data", "var/_index", "obs/_index", "obs/text"):
            if one[name].shape != other[name].shape or not (one[name][:] == other[name][:]).all():
                sys.exit(f"{name} differs between tagroute and tag_job.py")


def by_python(log, known):
    before = processor_seconds(resource.RUSAGE_SELF)
    with open(log, encoding="utf-8") as lines:
        for line in lines:
            counts, last = {}, None
            for word in WORD.findall(json.loads(line)["text"].lower()):
                if word in STOP_WORDS:
                    last = None
                    continue
                if word in known:
                    counts[word] = counts.get(word, 0) + 1
                if last is not None:
                    pair = last + " " + word
                    if pair in known:
                        counts[pair] = counts.get(pair, 0) + 1
                last = word
    return processor_seconds(resource.RUSAGE_SELF) - before


def by_sklearn(log, known):
    """None where there is no scikit-learn."""
    try:
        from sklearn.feature_extraction.text import CountVectorizer
    except ImportError:
        return None
    before = processor_seconds(resource.RUSAGE_SELF)
    vectorizer = CountVectorizer(vocabulary={phrase: i for i, phrase in enumerate(known)}, ngram_range=(1, 2),
                                 stop_words=list(STOP_WORDS), token_pattern=WORD.pattern)
    with open(log, encoding="utf-8") as lines:
        vectorizer.transform(json.loads(line)["text"] for line in lines)
    return processor_seconds(resource.RUSAGE_SELF) - before


def compare(program, name, log, folder, rounds, same_job):
    vocabulary, output = os.path.join(folder, "vocab.msgpack"), os.path.join(folder, "q.h5")
    theirs_output = os.path.join(folder, "python.h5")
    subprocess.run([program, "tag", "--learn", log, "-o", vocabulary, "--most", "15000", "--quiet"], check=True)
    with open(vocabulary, "rb") as file:
        known = set(phrases(file.read()))
    megabytes = os.path.getsize(log) / 1e6
    ours, clocks, theirs = [], [], {"a loop": by_python, "scikit-learn": by_sklearn}
    spent = {peer: [] for peer in ("the same job", *theirs)}
    for _ in range(rounds):
        ours.append(by_tagroute(program, log, vocabulary, output, ["-j", "1"])[0])
        if same_job:
            processor, clock = whole([sys.executable, JOB, log, vocabulary, theirs_output])
            check_same(output, theirs_output)
            spent["the same job"].append(processor)
            clocks.append((by_tagroute(program, log, vocabulary, output, [])[1], clock))
        for peer, run in theirs.items():
            spent[peer].append(run(log, known))
    print(f"{name}: {megabytes:.0f} MB, {len(known)} phrases, median of {rounds} rounds\n"
          f"  tagroute {megabytes / statistics.median(ours):.1f} MB/s a core")
    for peer, seconds in spent.items():
        if seconds and seconds[0] is not None:
            ratio = statistics.median(b / a for a, b in zip(ours, seconds))
            print(f"  {peer} {megabytes / statistics.median(seconds):.1f} MB/s; tagroute is {ratio:.1f} times as fast")
    if clocks:
        ratio = statistics.median(theirs / ours for ours, theirs in clocks)
        print(f"  by the clock, {os.cpu_count()} cores: {statistics.median(ours for ours, _ in clocks):.2f} s, the same job "
              f"{statistics.median(theirs for _, theirs in clocks):.2f} s; tagroute is {ratio:.1f} times as fast")


def phrases(packed):
    import msgpack
    return msgpack.unpackb(packed)["tagger"]["phrases"]


def read_texts(log):
    """The texts of a log in ASCII."""
    with open(log, encoding="utf-8") as lines:
        texts = (json.loads(line).get("text") or "" for line in lines)
        return [text for text in (text.encode("ascii", "ignore").decode() for text in texts) if text]


def main():
    program, log = os.path.abspath(sys.argv[1]), sys.argv[2]
    rounds = int(sys.argv[3]) if len(sys.argv) > 3 else 5
    most = float(sys.argv[4]) * 1e6 if len(sys.argv) > 4 else 24e6
    rng = random.Random(1)
    texts, written = read_texts(log), 0
    with tempfile.TemporaryDirectory() as folder:
        ascii_log, mixed_log = os.path.join(folder, "ascii.jsonl"), os.path.join(folder, "mixed.jsonl")
        with open(ascii_log, "w") as plain, open(mixed_log, "w", encoding="utf-8") as other:
            while written < most:
                text = rng.choice(texts)
                written += plain.write(json.dumps({"text": text}) + "\n")
                other.write(json.dumps({"text": mixed(text, rng)}, ensure_ascii=False) + "\n")
        compare(program, "ASCII", ascii_log, folder, rounds, True)
        compare(program, "mixed scripts", mixed_log, folder, rounds, False)


if __name__ == "__main__":
    main()
