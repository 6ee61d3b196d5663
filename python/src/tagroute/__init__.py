"""tagroute: offline routing of large logs of LLM queries to models.

    from tagroute import Router, route, save_queries, simulate

    router = Router.load("router.msgpack")
    decisions = route(X, router, tags=tags, threshold=0.1)

Messages of the engine go to the logger "tagroute". Functions free the interpreter while they run,
and Ctrl-C stops them.
"""

from ._call import Error, InputError, UnreachableError, text_of
from ._tagroute import lib as _lib
from .counting import count_tags
from .explaining import explain
from .queries import save_queries
from .router import Router
from .routing import Decisions, route
from .simulation import Simulation, simulate
from .tagging import Tagger

__version__ = text_of(_lib.tgr_version())
__all__ = [
    "Decisions",
    "Error",
    "InputError",
    "Router",
    "Simulation",
    "Tagger",
    "UnreachableError",
    "count_tags",
    "explain",
    "route",
    "save_queries",
    "simulate",
]
