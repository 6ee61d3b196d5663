#!/usr/bin/env python3
"""tag_peer.py - texts to tags: tagroute beside a Python tokenizer with a dictionary, one run for both.

usage: bench/tag_peer.py TAGROUTE LOG.jsonl [ROUNDS]

Learns a vocabulary from the log's texts, and then takes turns: `tagroute ingest --vocab` on one
thread, the whole process with reading JSON and writing the query file; and a loop in Python over
the same records that finds words with a regular expression, leaves out stop words and looks words
and pairs up in a dictionary, as anybody would write it, without writing anything. The same again
for a log of mixed scripts, made of the first by writing most of its words in other letters. Says
the processor time of each in MB of log a second, and the median of the ratios.
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


def by_tagroute(program, log, vocabulary, output):
    before = processor_seconds(resource.RUSAGE_CHILDREN)
    subprocess.run([program, "ingest", log, "--vocab", vocabulary, "-o", output, "-j", "1", "--quiet"], check=True,
                   stderr=subprocess.DEVNULL)
    return processor_seconds(resource.RUSAGE_CHILDREN) - before


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


def compare(program, name, log, folder, rounds):
    vocabulary, output = os.path.join(folder, "vocab.msgpack"), os.path.join(folder, "q.h5")
    subprocess.run([program, "tag", "--learn", log, "-o", vocabulary, "--quiet"], check=True)
    with open(vocabulary, "rb") as file:
        known = set(phrases(file.read()))
    megabytes = os.path.getsize(log) / 1e6
    ours, theirs = [], []
    for _ in range(rounds):
        ours.append(by_tagroute(program, log, vocabulary, output))
        theirs.append(by_python(log, known))
    ratio = statistics.median(b / a for a, b in zip(ours, theirs))
    print(f"{name}: {megabytes:.0f} MB, {len(known)} phrases; tagroute {megabytes / statistics.median(ours):.1f} MB/s a core, "
          f"Python {megabytes / statistics.median(theirs):.2f} MB/s, {ratio:.1f} times as fast (median of {rounds} rounds)")


def phrases(packed):
    import msgpack
    return msgpack.unpackb(packed)["tagger"]["phrases"]


def main():
    program, log = os.path.abspath(sys.argv[1]), sys.argv[2]
    rounds = int(sys.argv[3]) if len(sys.argv) > 3 else 5
    rng = random.Random(1)
    with tempfile.TemporaryDirectory() as folder:
        ascii_log, mixed_log = os.path.join(folder, "ascii.jsonl"), os.path.join(folder, "mixed.jsonl")
        with open(log, encoding="utf-8") as lines, open(ascii_log, "w") as plain, \
                open(mixed_log, "w", encoding="utf-8") as other:
            for line in lines:
                text = json.loads(line).get("text")
                if text:
                    text = text.encode("ascii", "ignore").decode()
                    plain.write(json.dumps({"text": text}) + "\n")
                    other.write(json.dumps({"text": mixed(text, rng)}, ensure_ascii=False) + "\n")
        compare(program, "ASCII", ascii_log, folder, rounds)
        compare(program, "mixed scripts", mixed_log, folder, rounds)


if __name__ == "__main__":
    main()
