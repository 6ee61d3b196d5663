#!/usr/bin/python3
"""bench/journey.py at small size: from a log in each schema, and a judged sample, to batch files."""
import json
import os
import sys

from harness import GENERATOR, PROGRAM, Scratch, main

JOURNEY = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "bench", "journey.py")


class Journeys(Scratch):
    def test_every_schema(self):
        told = self.works("-B", JOURNEY, PROGRAM, GENERATOR, "--queries", "1500", "--judged", "300",
                          program=sys.executable).stdout.decode()
        found = json.loads(told.splitlines()[-1])
        self.assertEqual([one["schema"] for one in found], ["litellm", "openai", "otel", "langfuse", "fluentd"])
        for one in found:
            self.assertEqual(one["requests"] + sum(one["left_out"].values()), 1500)
            self.assertEqual(set(one["left_out"]), {"failed calls", "no chats"})
            self.assertEqual(one["requests"], found[0]["requests"])
            self.assertIn("export", one["steps"])
        # Where costs were logged, routers and so decisions are the same.
        costs = {one["schema"]: one["expected_cost"] for one in found}
        self.assertEqual(len({costs[schema] for schema in ("litellm", "otel", "langfuse", "fluentd")}), 1)


if __name__ == "__main__":
    main()
