#!/usr/bin/python3
"""Router files from the other side: router_interop.py OURS THEIRS

Reads OURS as any Python program would, prints what it holds, computes its digest anew where xxhash is
there, and writes it to THEIRS with keys in another order. Exit status 77: no msgpack.
"""
import struct
import sys

try:
    import msgpack
except ImportError:
    print("no msgpack for this Python")
    sys.exit(77)
try:
    import xxhash
except ImportError:
    xxhash = None


def plain(value):
    """The bytes that a value is hashed as, see engine/router/digest.h."""
    if value is None:
        return b"n"
    if value is True or value is False:
        return b"t" if value else b"F"
    if isinstance(value, float) and -2.0**63 <= value < 2.0**64 and value == int(value):
        value = int(value)
    if isinstance(value, int):
        return b"i" + struct.pack("<q", value) if value < 2**63 else b"u" + struct.pack("<Q", value)
    if isinstance(value, float):
        return b"d" + struct.pack("<d", value)
    if isinstance(value, str):
        value = value.encode()
        return b"s" + struct.pack("<Q", len(value)) + value
    if isinstance(value, bytes):
        return b"b" + struct.pack("<Q", len(value)) + value
    if isinstance(value, list):
        return b"a" + struct.pack("<Q", len(value)) + b"".join(plain(one) for one in value)
    pairs = [xxhash.xxh3_128_intdigest(plain(k) + plain(v)) for k, v in value.items()]
    return b"m" + struct.pack("<Q", len(pairs)) + (sum(pairs) % 2**128).to_bytes(16, "little")


def floats(data, count, kind):
    return struct.unpack("<%d%s" % (count, kind), data)


router = msgpack.unpackb(open(sys.argv[1], "rb").read())
models, tags = len(router["models"]), len(router["tags"])
assert router["format"] == "tagroute.router" and router["version"] == 1
weights = floats(router["weights"], models * tags, "f")
print(models, tags, router["reference"], router["scorer"]["name"], router["tagger"]["kind"])
print(" ".join(model["name"] for model in router["models"]), " ".join(router["tags"]))
print("%.9g %.9g" % (weights[0], weights[-1]), "%.9g" % floats(router["bias"], models, "f")[-1],
      "%.17g" % floats(router["counts"], tags, "d")[0])
if xxhash:
    rest = {key: value for key, value in router.items() if key != "digest"}
    digest = xxhash.xxh3_128_hexdigest(plain(rest))
    assert digest == router["digest"], (digest, router["digest"])

turned = dict(reversed(router.items()))
turned["models"] = [dict(reversed(model.items())) for model in router["models"]]
open(sys.argv[2], "wb").write(msgpack.packb(turned))

# what a Python program would add: its own key, and no digest any more
turned["note"] = {"by": ["python"], "at": -1.5}
del turned["digest"]
open(sys.argv[2] + ".noted", "wb").write(msgpack.packb(turned))
