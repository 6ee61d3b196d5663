"""Manual pages and completions say what --help says, and work: MANUAL is the folder that holds them."""

import os
import pathlib
import re
import shutil
import subprocess
import sys

TAGROUTE = os.environ["TAGROUTE"]
MANUAL = pathlib.Path(os.environ["MANUAL"])


def output(*words, **more):
    return subprocess.run(words, check=True, capture_output=True, text=True, **more).stdout


def commands():
    text = output(TAGROUTE, "--help")
    listed = text.split("Commands:\n")[1].split("\n\n")[0]
    return [line.split()[0] for line in listed.splitlines() if not line.startswith("  help")]


def verbs(command):
    """What stands behind `router` and its like, from its usage line."""
    usage = output(TAGROUTE, command, "--help").splitlines()[0]
    found = re.match(rf"usage: tagroute {command} ([a-z-]+(?:\|[a-z-]+)+) ", usage)
    return found[1].split("|") if found else []


def options(command):
    """Names of the options that --help shows; a letter, or None; an argument, or None."""
    text = output(TAGROUTE, *command.split(), "--help")
    found = re.findall(r"^  (?:-(\w),|   ) --([\w-]+)(?: (\S+))?(?:  |$)", text, re.M)
    assert found, command
    return found


def complete(*words):
    """What bash offers for the last word."""
    script = f"""
        source '{MANUAL}/tagroute.bash'
        COMP_WORDS=({" ".join(f"'{word}'" for word in words)})
        COMP_CWORD={len(words) - 1}
        _tagroute
        printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    return output("bash", "--norc", "-c", script).split()


def page_of(name):
    return f"tagroute-{name.replace(' ', '-')}.1"


def check_pages():
    names = [n for c in commands() for n in [c, *(f"{c} {v}" for v in verbs(c))]]
    assert "router add-model" in names
    assert {"ingest", "fit", "route", "simulate", "info"} <= set(names)
    assert {p.name for p in MANUAL.glob("*.1")} == {"tagroute.1", "tagroute-mpi.1"} | {page_of(n) for n in names}
    zsh = (MANUAL / "_tagroute").read_text()
    fish = (MANUAL / "tagroute.fish").read_text()
    program = (MANUAL / "tagroute.1").read_text()
    for name in names:
        assert " " in name or f"tagroute\\-{name}" in program
        page = (MANUAL / page_of(name)).read_text()
        assert page.startswith(f".TH {page_of(name)[:-2]} 1")
        offered = complete("tagroute", *name.split(), "--") if not verbs(name.split()[0]) or " " in name else None
        seen = "; and __fish_seen_subcommand_from ".join(name.split())
        for letter, option, argument in options(name):
            escaped = option.replace("-", "\\-")
            head = f"\\fB\\-\\-{escaped}\\fR" + (f" \\fI{argument}".replace("-", "\\-") if argument else "")
            assert head in page, (name, option)
            assert offered is None or f"--{option}" in offered, (name, option)
            assert f"'*--{option}" in zsh, (name, option)
            assert f"from {seen}' -l {option}" in fish, (name, option)
            if letter:
                assert f"\\fB\\-{letter}\\fR" in page and f"'*-{letter}" in zsh


def check_completions():
    assert set(commands()) <= set(complete("tagroute", ""))
    assert complete("tagroute", "sim") == ["simulate"]
    assert complete("tagroute", "route", "--policy", "u") == ["utility"]
    assert complete("tagroute", "fit", "--scorer", "") == ["paper", "bayes", "ridge", "mixed"]
    assert complete("tagroute", "route", "--theta", "") == []
    assert complete("tagroute", "router", "add") == ["add-model"]


def check_with_others():
    """By the programs that read them, as far as they are there."""
    if shutil.which("groff"):
        for page in MANUAL.glob("*.1"):
            made = subprocess.run(
                ["groff", "-man", "-Tutf8", "-ww", "-z", page], capture_output=True, text=True, check=True
            )
            assert made.stderr == "", made.stderr
    if shutil.which("zsh"):
        output("zsh", "-n", MANUAL / "_tagroute")
    if shutil.which("fish"):
        output("fish", "--no-execute", MANUAL / "tagroute.fish")


def main():
    check_pages()
    check_completions()
    check_with_others()
    print("manual_test.py: passed")


if __name__ == "__main__":
    sys.exit(main())
