package gapless.bigquery;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.stream.JsonWriter;
import com.google.protobuf.ByteString;
import com.google.zetasql.StructType;
import com.google.zetasql.Type;
import com.google.zetasql.Value;
import java.io.IOException;
import java.math.BigDecimal;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.temporal.ChronoField;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Values of the evaluator, read from and written as the REST interface's texts. */
final class Cells {
  private static final Pattern MOMENT = Pattern.compile("(\\d{4}-\\d{2}-\\d{2})(?:[Tt ](\\d{1,2}:\\d{2}:\\d{2}(?:\\.\\d{1,9})?))?"
      + "\\s*(Z|z|UTC|[+-]\\d{1,2}(?::?\\d{2})?)?");
  private static final DateTimeFormatter TIME = new DateTimeFormatterBuilder().appendPattern("HH:mm:ss")
      .appendFraction(ChronoField.NANO_OF_SECOND, 0, 6, true).toFormatter();

  private Cells() {}

  /** A value from JSON: scalars as the REST interface's texts, arrays as lists, records as objects. */
  static Value read(Type type, JsonElement json) {
    if (type.isArray()) {
      List<Value> elements = new ArrayList<>();
      if (json != null && !json.isJsonNull()) {
        json.getAsJsonArray().forEach(e -> elements.add(read(type.asArray().getElementType(), e)));
      }
      return Value.createArrayValue(type.asArray(), elements);
    }
    if (json == null || json.isJsonNull()) {
      return Value.createNullValue(type);
    }
    if (type.isStruct()) {
      JsonObject record = json.getAsJsonObject();
      List<Value> fields = new ArrayList<>();
      for (StructType.StructField field : type.asStruct().getFieldList()) {
        fields.add(read(field.getType(), record.get(field.getName())));
      }
      return Value.createStructValue(type.asStruct(), fields);
    }
    // A JSON column takes any JSON as it stands; every other scalar is one text.
    return scalar(type, json.isJsonPrimitive() ? json.getAsString() : Json.write(json));
  }

  /** A value as another type, or NULL where it does not fit. */
  static Value cast(Value old, Type type) {
    try {
      return old.isNull() ? Value.createNullValue(type) : scalar(type, text(old, false));
    } catch (ApiError e) {
      return Value.createNullValue(type);
    }
  }

  static Value scalar(Type type, String text) {
    try {
      return switch (type.getKind()) {
        case TYPE_STRING -> Value.createStringValue(text);
        case TYPE_BYTES -> Value.createBytesValue(ByteString.copyFrom(Base64.getDecoder().decode(text)));
        case TYPE_INT64 -> Value.createInt64Value(Long.parseLong(text));
        case TYPE_DOUBLE -> Value.createDoubleValue(number(text));
        case TYPE_BOOL -> Value.createBoolValue(bool(text));
        case TYPE_NUMERIC -> Value.createNumericValue(new BigDecimal(text));
        case TYPE_BIGNUMERIC -> Value.createBigNumericValue(new BigDecimal(text));
        case TYPE_DATE -> Value.createDateValue(LocalDate.parse(text));
        case TYPE_TIME -> Value.createTimeValue(LocalTime.parse(text));
        case TYPE_DATETIME -> Value.createDatetimeValue(moment(text, false));
        case TYPE_TIMESTAMP -> Value.createTimestampValueFromUnixMicros(micros(moment(text, true)));
        case TYPE_JSON -> Value.createJsonValue(text);
        case TYPE_RANGE -> range(type, text);
        default -> throw new IllegalArgumentException("this server stores only NULL in this type");
      };
    } catch (IllegalArgumentException | DateTimeException | ArithmeticException e) {
      throw ApiError.of("invalid", "Invalid value '" + text + "' for type " + type + ": " + e.getMessage());
    }
  }

  private static double number(String text) {
    return switch (text) {
      case "inf", "+inf", "Inf", "+Infinity" -> Double.POSITIVE_INFINITY;
      case "-inf", "-Inf" -> Double.NEGATIVE_INFINITY;
      case "nan" -> Double.NaN;
      default -> Double.parseDouble(text);
    };
  }

  private static boolean bool(String text) {
    if (!text.equalsIgnoreCase("true") && !text.equalsIgnoreCase("false")) {
      throw new IllegalArgumentException("true or false is expected");
    }
    return Boolean.parseBoolean(text);
  }

  /** In UTC. A DATETIME has no zone, so it must not name one. */
  private static LocalDateTime moment(String text, boolean zoned) {
    Matcher m = MOMENT.matcher(text.strip());
    if (!m.matches() || (!zoned && m.group(3) != null)) {
      throw new IllegalArgumentException("a date and time are expected");
    }
    String time = m.group(2) == null ? "00:00:00" : m.group(2).length() < 8 || m.group(2).charAt(1) == ':' ? "0" + m.group(2) : m.group(2);
    LocalDateTime local = LocalDate.parse(m.group(1)).atTime(LocalTime.parse(time));
    String zone = m.group(3);
    boolean utc = zone == null || zone.equalsIgnoreCase("Z") || zone.equals("UTC");
    return utc ? local : LocalDateTime.ofInstant(local.toInstant(ZoneOffset.of(zone)), ZoneOffset.UTC);
  }

  static long micros(LocalDateTime utc) {
    Instant instant = utc.toInstant(ZoneOffset.UTC);
    return instant.getEpochSecond() * 1_000_000L + instant.getNano() / 1000;
  }

  /** A range from `[start, end)`, where either end may be UNBOUNDED. */
  private static Value range(Type type, String text) {
    String[] ends = text.substring(1, text.length() - 1).split(",");
    Type element = type.asRange().getElementType();
    return Value.createRangeValue(type.asRange(), end(element, ends[0].strip()), end(element, ends[1].strip()));
  }

  private static Value end(Type element, String text) {
    return text.equals("UNBOUNDED") || text.equals("NULL") ? Value.createNullValue(element) : scalar(element, text);
  }

  /** Writes one row as the answers of `getQueryResults` and `tabledata.list` show it. */
  static void row(JsonWriter out, Iterable<Value> values, boolean int64Timestamps) throws IOException {
    out.beginObject().name("f").beginArray();
    for (Value value : values) {
      cell(out, value, int64Timestamps);
    }
    out.endArray().endObject();
  }

  private static void cell(JsonWriter out, Value value, boolean int64Timestamps) throws IOException {
    out.beginObject().name("v");
    if (value.getType().isArray()) {
      out.beginArray();
      // The service shows a NULL array as an empty one.
      for (Value element : value.isNull() ? List.<Value>of() : value.getElementList()) {
        cell(out, element, int64Timestamps);
      }
      out.endArray();
    } else if (value.isNull()) {
      out.nullValue();
    } else if (value.getType().isStruct()) {
      row(out, value.getFieldList(), int64Timestamps);
    } else {
      out.value(text(value, int64Timestamps));
    }
    out.endObject();
  }

  /** The text of a scalar that is not NULL. */
  static String text(Value value, boolean int64Timestamps) {
    return switch (value.getType().getKind()) {
      case TYPE_STRING -> value.getStringValue();
      case TYPE_BYTES -> Base64.getEncoder().encodeToString(value.getBytesValue().toByteArray());
      case TYPE_INT64 -> Long.toString(value.getInt64Value());
      case TYPE_DOUBLE -> Double.toString(value.getDoubleValue());
      case TYPE_BOOL -> Boolean.toString(value.getBoolValue());
      case TYPE_NUMERIC -> plain(value.getNumericValue());
      case TYPE_BIGNUMERIC -> plain(value.getBigNumericValue());
      case TYPE_DATE -> value.getLocalDateValue().toString();
      case TYPE_TIME -> TIME.format(value.getLocalTimeValue());
      case TYPE_DATETIME -> value.getLocalDateTimeValue().toLocalDate() + "T" + TIME.format(value.getLocalDateTimeValue());
      case TYPE_TIMESTAMP -> timestamp(value.getTimestampUnixMicros(), int64Timestamps);
      case TYPE_JSON -> value.getJsonValue();
      case TYPE_RANGE -> "[" + bound(value.start(), int64Timestamps) + ", " + bound(value.end(), int64Timestamps) + ")";
      default -> value.debugString();
    };
  }

  private static String bound(Value end, boolean int64Timestamps) {
    return end.isNull() ? "UNBOUNDED" : text(end, int64Timestamps);
  }

  private static String plain(BigDecimal number) {
    return number.signum() == 0 ? "0" : number.stripTrailingZeros().toPlainString();
  }

  /** Unless asked otherwise the service writes seconds as a float, e.g. 1.764500000123456E9. */
  private static String timestamp(long micros, boolean int64) {
    return int64 ? Long.toString(micros) : Double.toString(micros / 1e6);
  }

  /** What the service's price list says a value occupies. */
  static long bytes(Value value) {
    if (value.isNull()) {
      return 0;
    }
    return switch (value.getType().getKind()) {
      case TYPE_STRING -> 2 + value.getStringValueBytes().size();
      case TYPE_BYTES -> 2 + value.getBytesValue().size();
      case TYPE_JSON -> 2 + ByteString.copyFromUtf8(value.getJsonValue()).size();
      case TYPE_BOOL -> 1;
      case TYPE_NUMERIC, TYPE_RANGE -> 16;
      case TYPE_BIGNUMERIC -> 32;
      case TYPE_ARRAY -> value.getElementList().stream().mapToLong(Cells::bytes).sum();
      case TYPE_STRUCT -> value.getFieldList().stream().mapToLong(Cells::bytes).sum();
      default -> 8;
    };
  }
}
