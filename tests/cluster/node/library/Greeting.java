package com.example.library;

/** A library of somebody else's: its jar is neither in Spark's class path nor beside the application's. */
public final class Greeting {
  private Greeting() {}

  public static String from(String who) {
    return "hello from " + who;
  }
}
