"""Loading engines without making anybody wait: warm-up, garbage collection, thread limits."""

from __future__ import annotations

import gc
import importlib
import logging
import os
import sys
import threading
import time

ENGINES = ("engines.autodiff", "engines.symbolic_regression.discovery")
"""Engine packages, in the order in which the warm-up loads them."""

HEAVY = ("torch", "torch.func")
"""Libraries that engines load on first use and that take seconds to load."""

_log = logging.getLogger(__name__)
_lock = threading.Lock()
_settled_modules = 0


def limit_threads() -> None:
    """Cap the threads of numerical libraries, so that one visitor cannot take every core.

    Must run before torch and NumPy's BLAS are first used; a value set by the person wins.
    """
    cores = str(max(1, (os.cpu_count() or 2) // 2))
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, cores)


def settle() -> bool:
    """Move everything loaded so far out of the garbage collector's sight, if modules were added.

    A full collection walks every live object (half a million with torch loaded, about 350 ms with
    the interpreter locked). Objects of modules live for ever, so they are collected once and
    frozen; after that a collection costs next to nothing. Returns whether anything was done.
    """
    global _settled_modules
    with _lock:
        if len(sys.modules) <= _settled_modules + 20:
            return False
        gc.collect()
        gc.freeze()
        _settled_modules = len(sys.modules)
        return True


def warm_up(delay: float = 0.5) -> threading.Thread:
    """Load engines and their heavy libraries in a background thread; returns the thread.

    ``delay`` (seconds) lets the server answer its first request before loading begins.
    """

    def load() -> None:
        time.sleep(delay)
        for name in (*ENGINES, *HEAVY):
            try:
                # An engine that compiles at its first use has a warm_up() of its own.
                getattr(importlib.import_module(name), "warm_up", lambda: None)()
            except Exception:
                _log.exception("could not load %s ahead of its first use", name)
        settle()

    thread = threading.Thread(target=load, name="warm-up", daemon=True)
    thread.start()
    return thread
