#!/usr/bin/python3
"""docs/guide.md: its commands, run in order, as somebody would who reads it."""
import json
import os
import pathlib
import re
import shutil
import subprocess

import anndata

from harness import GENERATOR, PROGRAM, Scratch, default_signals, environment, main

SOURCE = pathlib.Path(__file__).resolve().parents[2]


def commands():
    text = (SOURCE / "docs/guide.md").read_text(encoding="utf-8")
    return re.findall(r"^    (\S.*)$", text, re.M)


class Guide(Scratch):
    def test_its_commands_work_in_order(self):
        os.makedirs(self.path("bin"))
        for name, program in (("tagroute", PROGRAM), ("tagroute-gen", GENERATOR)):
            os.symlink(shutil.which(program), self.path(f"bin/{name}"))
        values = environment(PATH=f"{self.path('bin')}:/usr/bin:/bin")
        lines = commands()
        self.assertGreater(len(lines), 15)
        for line in lines:
            done = subprocess.run(["sh", "-c", line], cwd=self.folder, env=values, timeout=300,
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                  preexec_fn=default_signals)
            self.assertEqual(done.returncode, 0, f"{line}\n{done.stderr.decode()}")
        self.check_batches()

    def check_batches(self):
        """Each request of the log is in one file, or in the list of those left out."""
        with open(self.path("batches/manifest.json"), encoding="utf-8") as file:
            manifest = json.load(file)
        written = [json.loads(line)["custom_id"] for file in manifest["files"]
                   for line in self.read(f"batches/{file['file']}").splitlines()]
        out = [json.loads(line)["id"] for line in self.read("batches/left_out.jsonl").splitlines()]
        logged = [json.loads(line)["id"] for line in self.read("gateway.jsonl").splitlines()]
        self.assertEqual(sorted(written + out), sorted(logged))
        self.assertEqual(len(written), anndata.read_h5ad(self.path("decisions.h5")).n_obs)
        self.assertGreater(manifest["expected_cost"], 0)
        self.assertGreater(len({file["model"] for file in manifest["files"]}), 1)


if __name__ == "__main__":
    main()
