"""Pi in Python, for tests of Python applications. Argument: how many tasks, default 2."""

import random
import sys

from pyspark.sql import SparkSession

POINTS = 100_000


def inside(task):
    draw = random.Random(task).random
    return sum((2 * draw() - 1) ** 2 + (2 * draw() - 1) ** 2 <= 1 for _ in range(POINTS))


tasks = int(sys.argv[1]) if len(sys.argv) > 1 else 2
session = SparkSession.builder.appName("Python Pi").getOrCreate()
total = session.sparkContext.parallelize(range(tasks), tasks).map(inside).sum()
print("Pi is roughly", 4 * total / (POINTS * tasks))
session.stop()
