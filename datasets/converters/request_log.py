"""request_log.py - what the converters share: printing records of tagroute's request log.

A record is one line of JSON. Scores are left as they are: tagroute derives outcomes from them against
the reference that `tagroute fit --reference` names.
"""
import argparse
import hashlib
import json
import os
import re
import sys

DATASET_FAULT = 3  # exit status where the data is not what it should be, as in tagroute


class DataError(Exception):
    """The data set is not laid out as expected: the sentence says what, where and what to do."""


def parser(description, epilog):
    """The options that every converter has."""
    made = argparse.ArgumentParser(
        description=description, epilog=epilog, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--train-share", type=share, metavar="P",
                      help="add a split: this share of the records is train, the rest test, told by a "
                           "hash of the text so that equal texts stay together (default: no split)")
    return made


def share(text):
    value = float(text)
    if not 0.0 <= value <= 1.0:
        raise argparse.ArgumentTypeError("must be between 0 and 1")
    return value


def split_of(text, train_share):
    digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return "train" if int.from_bytes(digest, "big") < train_share * 2.0 ** 64 else "test"


def write(record, train_share=None, out=None):
    """Prints one record without its missing values (None, empty texts and maps)."""
    record = {key: value for key, value in record.items() if value not in (None, "", {}, [])}
    if train_share is not None:
        record["split"] = split_of(record["text"], train_share)
    line = json.dumps(record, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    # A lone surrogate cannot be written as UTF-8.
    line = re.sub("[\ud800-\udfff]", "\N{REPLACEMENT CHARACTER}", line)
    (out or sys.stdout).write(line + "\n")


def number(value, where):
    """A finite number, or None where there is none. Booleans, also in words, are 1 and 0."""
    if value is None or value == "":
        return None
    if isinstance(value, str):
        value = {"true": 1.0, "false": 0.0, "nan": None, "none": None}.get(value.strip().lower(), value)
        if value is None:
            return None
    try:
        value = float(value)
    except (TypeError, ValueError):
        raise DataError(f"{where}: {value!r} is not a number") from None
    if value != value:
        return None
    if value in (float("inf"), float("-inf")):
        raise DataError(f"{where}: a number is infinite")
    return value


def load_json(path):
    try:
        with open(path, encoding="utf-8") as file:
            return json.load(file)
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path}: is not JSON ({error})") from None


def json_lines(path):
    with open(path, encoding="utf-8") as file:
        for place, line in enumerate(file, 1):
            if line.strip():
                try:
                    yield json.loads(line)
                except (ValueError, RecursionError) as error:
                    raise DataError(f"{path}: line {place} is not JSON ({error})") from None


def need(record, key, where):
    if not isinstance(record, dict) or key not in record:
        raise DataError(f"{where}: there is no '{key}'; is this the right file?")
    return record[key]


def run(main):
    """Runs main and turns what can go wrong into a sentence and an exit status."""
    try:
        sys.stdout.reconfigure(encoding="utf-8")
        main()
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except (DataError, UnicodeDecodeError) as error:
        print(f"{os.path.basename(sys.argv[0])}: {error}", file=sys.stderr)
        sys.exit(DATASET_FAULT)
    except OSError as error:
        print(f"{os.path.basename(sys.argv[0])}: {error.filename}: {error.strerror}", file=sys.stderr)
        sys.exit(1)
