package org.apache.spark.examples;

import java.util.Random;
import java.util.stream.IntStream;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;

/** The example everybody knows; the PyPI package of Spark has no jar of examples. Argument: how many tasks, default 2. */
public class SparkPi {
  private static final int POINTS = 100_000;

  public static void main(String[] arguments) {
    int tasks = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 2;
    SparkSession session = SparkSession.builder().appName("Spark Pi").getOrCreate();
    try (JavaSparkContext context = new JavaSparkContext(session.sparkContext())) {
      long inside =
          context
              .parallelize(IntStream.range(0, tasks).boxed().toList(), tasks)
              .map(SparkPi::inside)
              .reduce(Long::sum);
      System.out.println("Pi is roughly " + 4.0 * inside / ((double) POINTS * tasks));
    }
  }

  private static long inside(int task) {
    Random random = new Random(task);
    return IntStream.range(0, POINTS)
        .filter(point -> Math.hypot(2 * random.nextDouble() - 1, 2 * random.nextDouble() - 1) <= 1)
        .count();
  }
}
