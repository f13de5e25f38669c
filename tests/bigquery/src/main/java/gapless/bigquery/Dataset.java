package gapless.bigquery;

import java.util.Locale;
import java.util.TreeMap;

/** The tables of one dataset and the place of all of them. */
final class Dataset {
  final String project;
  final String name;
  final String location;
  final TreeMap<String, Table> tables = new TreeMap<>();

  Dataset(String project, String name, String location) {
    this.project = project;
    this.name = name;
    this.location = location;
  }

  String label() {
    return project + ":" + name;
  }

  boolean isIn(String place) {
    return location.toLowerCase(Locale.ROOT).equals(place.toLowerCase(Locale.ROOT));
  }
}
