#!/usr/bin/env python3
"""tag_peer.py - texts to tags: tagroute beside a Python tokenizer with a dictionary, one run for both.

usage: bench/tag_peer.py TAGROUTE LOG.jsonl [ROUNDS]

Learns a vocabulary of at most 15,000 phrases from the log's texts, and then takes turns: `tagroute ingest --vocab` on one
thread, the whole process with reading JSON and writing the query file; and a loop in Python over
the same records that finds words with a regular expression, leaves out stop words and looks words
and pairs up in a dictionary, as anybody would write it, and scikit-learn's CountVectorizer where it
is installed; neither writes anything. The same again
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


def compare(program, name, log, folder, rounds):
    vocabulary, output = os.path.join(folder, "vocab.msgpack"), os.path.join(folder, "q.h5")
    subprocess.run([program, "tag", "--learn", log, "-o", vocabulary, "--most", "15000", "--quiet"], check=True)
    with open(vocabulary, "rb") as file:
        known = set(phrases(file.read()))
    megabytes = os.path.getsize(log) / 1e6
    ours, theirs = [], {"a loop": by_python, "scikit-learn": by_sklearn}
    spent = {peer: [] for peer in theirs}
    for _ in range(rounds):
        ours.append(by_tagroute(program, log, vocabulary, output))
        for peer, run in theirs.items():
            spent[peer].append(run(log, known))
    print(f"{name}: {megabytes:.0f} MB, {len(known)} phrases, median of {rounds} rounds\n"
          f"  tagroute {megabytes / statistics.median(ours):.1f} MB/s a core")
    for peer, seconds in spent.items():
        if seconds[0] is not None:
            ratio = statistics.median(b / a for a, b in zip(ours, seconds))
            print(f"  {peer} {megabytes / statistics.median(seconds):.1f} MB/s; tagroute is {ratio:.1f} times as fast")


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
