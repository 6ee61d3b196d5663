"""Which peers there are: installs what can be had, compiles, and says what is missing and why."""
import glob
import os
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
FLAGS = ["-O3", "-march=native", "-ffast-math", "-fno-finite-math-only", "-fopenmp"]
DEBIAN = ["gcc", "g++", "libeigen3-dev", "libgraphblas-dev", "libxsmm-dev", "python3-venv"]
PYPI = {"SciPy": ["numpy", "scipy"], "MKL": ["mkl", "mkl-include"], "PyTorch": ["torch"]}
PATIENCE = 900  # seconds that an installation may take
DENSE = 1 / 8   # share of tags a query from which libxsmm is worth a try


def say(*words):
    print(*words, file=sys.stderr, flush=True)


def works(command):
    """Whether a command works; what it says goes nowhere."""
    try:
        return subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL, timeout=PATIENCE).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


class Peers:
    """found: the words that run each; missing: the reason for each that is not."""

    def __init__(self, work, without):
        self.work, self.without = work, set(without)
        self.environment = os.path.join(work, "python")
        self.python = os.path.join(self.environment, "bin", "python3")
        self.found, self.missing = {}, {name: "left out" for name in self.without}

    def install(self):
        if os.geteuid() != 0 or shutil.which("apt-get") is None:
            say("not root on Debian: taking what is installed of", " ".join(DEBIAN))
        else:
            for package in DEBIAN:
                if not works(["apt-get", "install", "-y", "--no-install-recommends", package]):
                    say(f"apt-get cannot install {package}")
        if not os.path.exists(self.python):
            works([sys.executable, "-m", "venv", self.environment])
        for name, packages in PYPI.items():
            if name not in self.without:
                say("installing", *packages)
                if not works([self.python, "-m", "pip", "install", "--quiet", *packages]):
                    say("pip cannot install", *packages)

    def compile(self, name, source, *extra, compiler="gcc"):
        if name in self.without:
            return
        program = os.path.join(self.work, name.replace(" ", "-"))
        command = [compiler, *FLAGS, "-I", HERE, os.path.join(HERE, source), "-o", program, *extra]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode == 0:
            self.found[name] = [program]
        else:
            reasons = [line for line in done.stdout.splitlines() if "error" in line]
            self.missing[name] = reasons[0] if reasons else "it does not compile"

    def script(self, name, source, needs):
        python = self.python if os.path.exists(self.python) else sys.executable
        if name in self.without:
            return
        if works([python, "-c", f"import {needs}"]):
            self.found[name] = [python, "-B", os.path.join(HERE, source)]
        else:
            self.missing[name] = f"there is no {needs} for Python"

    def mkl(self):
        libraries = os.path.join(self.environment, "lib")
        runtime = sorted(glob.glob(os.path.join(libraries, "libmkl_rt.so.*")))
        if runtime:
            self.compile("MKL", "mkl.c", "-I", os.path.join(self.environment, "include"),
                         runtime[-1], f"-Wl,-rpath,{libraries}", "-lm")
        else:
            self.missing.setdefault("MKL", "no libmkl_rt in the virtual environment")

    def find(self, shape):
        """Those that can take the shape."""
        self.compile("plain loop", "plain.c")
        self.compile("vectorised loop", "plain.c", f"-DPEER_MODELS={shape['models']}")
        self.compile("Eigen", "eigen.cpp", "-isystem", "/usr/include/eigen3", compiler="g++")
        self.compile("GraphBLAS", "graphblas.c", "-isystem", "/usr/include/suitesparse",
                     "-lgraphblas", "-lm")
        self.mkl()
        if shape["nonzeros"] >= DENSE * shape["queries"] * shape["tags"]:
            self.compile("libxsmm", "xsmm.c", "-lxsmm", "-lxsmmnoblas", "-lm", "-ldl")
        else:
            self.missing["libxsmm"] = "too few tags a query to write rows out in full"
        self.script("SciPy", "scipy_peer.py", "scipy.sparse")
        self.script("PyTorch", "torch_peer.py", "torch")
