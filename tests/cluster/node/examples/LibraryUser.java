package org.apache.spark.examples;

import com.example.library.Greeting;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.spark.SparkEnv;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;

/**
 * Calls a class of a jar that is not in jars/, in the driver and inside tasks: it works only where `deps.jars` reached
 * both. Prints `Library: hello from driver`, and a line for each executor that ran a task: `Library: hello from
 * executor 1`. Argument: how many tasks, default 2.
 */
public class LibraryUser {
  public static void main(String[] arguments) {
    int tasks = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 2;
    SparkSession session = SparkSession.builder().appName("Library user").getOrCreate();
    try (JavaSparkContext context = new JavaSparkContext(session.sparkContext())) {
      System.out.println("Library: " + Greeting.from("driver"));
      List<String> lines =
          context
              .parallelize(IntStream.range(0, tasks).boxed().toList(), tasks)
              .map(task -> Greeting.from("executor " + SparkEnv.get().executorId()))
              .distinct()
              .collect();
      lines.stream().sorted().forEach(line -> System.out.println("Library: " + line));
    }
  }
}
