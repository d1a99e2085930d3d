"""Names executors after their driver's pod. Spark names them after the application, which a notebook calls what it likes: from
some 190 letters on no node can make the pod's folder, and from 237 on Spark ends its JVM.
"""

from __future__ import annotations

import itertools
import os
from functools import wraps
from typing import Any

PREFIX = "spark.kubernetes.executor.podNamePrefix"


def join(pyspark: Any) -> None:
    """Once pyspark is imported: give each context a name of its own, for pods of the one before may still be ending. One that
    the notebook has chosen stays; one of ours in settings that were taken over from another context does not.
    """
    if not hasattr(pyspark, "SparkContext"):
        return  # pyspark-client, which knows Spark Connect alone
    initialize = pyspark.SparkContext._initialize_context
    numbers, ours = itertools.count(1), {""}

    @wraps(initialize)
    def _initialize_context(context: Any, jconf: Any) -> Any:
        if jconf.get(PREFIX, "") in ours:
            name = f"{os.environ['SPARKK8S_POD']}-{next(numbers)}"
            ours.add(name)
            jconf = jconf.clone().set(PREFIX, name)  # what the notebook holds stays as it is
        return initialize(context, jconf)

    pyspark.SparkContext._initialize_context = _initialize_context
