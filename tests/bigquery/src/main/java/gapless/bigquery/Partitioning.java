package gapless.bigquery;

import com.google.gson.JsonObject;
import com.google.zetasql.Type;
import com.google.zetasql.Value;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.Locale;

/**
 * How a table is cut into partitions: by hour, day, month or year of a column, or of the time of ingestion (no field).
 */
record Partitioning(String type, String field) {
  static final String NULL = "__NULL__";
  /** Rows of the streaming buffer, which have no partition yet. */
  static final String UNPARTITIONED = "__UNPARTITIONED__";
  static final String SUMMARY = "__PARTITIONS_SUMMARY__";

  static Partitioning read(JsonObject json) {
    String type = Json.has(json, "type") ? Json.text(json, "type").toUpperCase(Locale.ROOT) : "DAY";
    return new Partitioning(type, Json.text(json, "field"));
  }

  boolean byIngestion() {
    return field == null;
  }

  private DateTimeFormatter format() {
    return DateTimeFormatter.ofPattern(switch (type) {
      case "HOUR" -> "yyyyMMddHH";
      case "DAY" -> "yyyyMMdd";
      case "MONTH" -> "yyyyMM";
      case "YEAR" -> "yyyy";
      default -> throw ApiError.of("invalid", "timePartitioning.type must be HOUR, DAY, MONTH or YEAR");
    });
  }

  String id(Value value) {
    return value.isNull() ? NULL : format().format(moment(value));
  }

  String id(long micros) {
    return format().format(ofMicros(micros));
  }

  /** The first moment of a partition, in UTC. */
  LocalDateTime start(String id) {
    int year = Integer.parseInt(id.substring(0, 4));
    int month = id.length() > 4 ? Integer.parseInt(id.substring(4, 6)) : 1;
    int day = id.length() > 6 ? Integer.parseInt(id.substring(6, 8)) : 1;
    int hour = id.length() > 8 ? Integer.parseInt(id.substring(8, 10)) : 0;
    return LocalDate.of(year, month, day).atTime(hour, 0);
  }

  /** The least and the greatest value of a partition: days for DATE, microseconds for the other types. */
  long[] range(String id, Type column) {
    LocalDateTime start = start(id);
    if (byIngestion()) {
      long only = comparable(start, column);
      return new long[] {only, only};
    }
    LocalDateTime end = start.plus(1, ChronoUnit.valueOf(type + "S"));
    return new long[] {comparable(start, column), comparable(end, column) - 1};
  }

  private static long comparable(LocalDateTime moment, Type column) {
    return column.isDate() ? moment.toLocalDate().toEpochDay() : Cells.micros(moment);
  }

  /** A value as the number that ranges are compared by, or null for a type that no table is partitioned by. */
  static Long comparable(Value value) {
    return switch (value.getType().getKind()) {
      case TYPE_DATE, TYPE_DATETIME, TYPE_TIMESTAMP -> comparable(moment(value), value.getType());
      default -> null;
    };
  }

  private static LocalDateTime moment(Value value) {
    return switch (value.getType().getKind()) {
      case TYPE_DATE -> value.getLocalDateValue().atStartOfDay();
      case TYPE_DATETIME -> value.getLocalDateTimeValue();
      case TYPE_TIMESTAMP -> ofMicros(value.getTimestampUnixMicros());
      default -> throw ApiError.of("invalid", "The field specified for partitioning must be DATE, DATETIME or TIMESTAMP");
    };
  }

  private static LocalDateTime ofMicros(long micros) {
    return LocalDateTime.ofEpochSecond(Math.floorDiv(micros, 1_000_000L), (int) Math.floorMod(micros, 1_000_000L) * 1000,
        ZoneOffset.UTC);
  }

  JsonObject json(boolean filterRequired) {
    return Json.object("type", type, "field", field, "requirePartitionFilter", filterRequired ? true : null);
  }
}
