package gapless.bigquery;

import com.google.gson.JsonObject;
import com.google.zetasql.ArrayType;
import com.google.zetasql.StructType;
import com.google.zetasql.Type;
import com.google.zetasql.TypeFactory;
import com.google.zetasql.ZetaSQLType.TypeKind;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** A column as the REST interface describes it, and the same as a type of the evaluator. */
record Column(String name, String type, String mode, List<Column> fields, String rangeElement) {
  /** The REST interface's names, and the evaluator's kinds. */
  private static final Map<String, TypeKind> KINDS = Map.ofEntries(
      Map.entry("STRING", TypeKind.TYPE_STRING), Map.entry("BYTES", TypeKind.TYPE_BYTES),
      Map.entry("INTEGER", TypeKind.TYPE_INT64), Map.entry("FLOAT", TypeKind.TYPE_DOUBLE),
      Map.entry("BOOLEAN", TypeKind.TYPE_BOOL), Map.entry("NUMERIC", TypeKind.TYPE_NUMERIC),
      Map.entry("BIGNUMERIC", TypeKind.TYPE_BIGNUMERIC), Map.entry("DATE", TypeKind.TYPE_DATE),
      Map.entry("DATETIME", TypeKind.TYPE_DATETIME), Map.entry("TIME", TypeKind.TYPE_TIME),
      Map.entry("TIMESTAMP", TypeKind.TYPE_TIMESTAMP), Map.entry("JSON", TypeKind.TYPE_JSON),
      Map.entry("INTERVAL", TypeKind.TYPE_INTERVAL),
      // The evaluator's Java values lack GEOGRAPHY. JSON, too, can be neither compared nor grouped by.
      Map.entry("GEOGRAPHY", TypeKind.TYPE_JSON));
  /** Names of SQL that requests may use for types, and the REST interface's own. */
  private static final Map<String, String> ALIASES = Map.ofEntries(
      Map.entry("INT64", "INTEGER"), Map.entry("INT", "INTEGER"), Map.entry("BIGINT", "INTEGER"),
      Map.entry("SMALLINT", "INTEGER"), Map.entry("TINYINT", "INTEGER"), Map.entry("BYTEINT", "INTEGER"),
      Map.entry("FLOAT64", "FLOAT"), Map.entry("BOOL", "BOOLEAN"), Map.entry("DECIMAL", "NUMERIC"),
      Map.entry("BIGDECIMAL", "BIGNUMERIC"), Map.entry("STRUCT", "RECORD"));
  private static final Map<TypeKind, String> NAMES = new HashMap<>();

  static {
    KINDS.forEach((name, kind) -> NAMES.put(kind, name));
    NAMES.put(TypeKind.TYPE_JSON, "JSON");
  }

  static Column read(JsonObject field) {
    String type = canonical(Json.need(field, "type"));
    String mode = Json.has(field, "mode") ? Json.text(field, "mode").toUpperCase(Locale.ROOT) : "NULLABLE";
    JsonObject element = Json.child(field, "rangeElementType");
    return new Column(Json.need(field, "name"), type, mode, readAll(Json.children(field, "fields")),
        type.equals("RANGE") ? canonical(Json.need(element, "type")) : null);
  }

  static List<Column> readAll(List<JsonObject> fields) {
    return fields.stream().map(Column::read).toList();
  }

  static String canonical(String type) {
    String upper = type.toUpperCase(Locale.ROOT);
    return ALIASES.getOrDefault(upper, upper);
  }

  static Type scalar(String type) {
    TypeKind kind = KINDS.get(canonical(type));
    if (kind == null) {
      throw ApiError.of("invalid", "Invalid value for type: " + type + " is not a valid value");
    }
    return TypeFactory.createSimpleType(kind);
  }

  /** The evaluator's names for types lack BigQuery's other names; the engine adds these. */
  static Map<String, Type> sqlAliases() {
    Map<String, Type> types = new HashMap<>();
    for (String name : List.of("INT", "INTEGER", "BIGINT", "SMALLINT", "TINYINT", "BYTEINT", "DECIMAL", "BIGDECIMAL")) {
      types.put(name, scalar(name));
    }
    return types;
  }

  boolean repeated() {
    return mode.equals("REPEATED");
  }

  Type zeta() {
    Type one = switch (type) {
      case "RECORD" -> TypeFactory.createStructType(
          fields.stream().map(f -> new StructType.StructField(f.name(), f.zeta())).toList());
      case "RANGE" -> TypeFactory.createRangeType(scalar(rangeElement));
      default -> scalar(type);
    };
    return repeated() ? TypeFactory.createArrayType(one) : one;
  }

  /** The column that a result of this type is described by. */
  static Column of(String name, Type type) {
    if (type instanceof ArrayType array) {
      Column one = of(name, array.getElementType());
      return new Column(name, one.type, "REPEATED", one.fields, one.rangeElement);
    }
    List<Column> fields = new ArrayList<>();
    if (type.isStruct()) {
      type.asStruct().getFieldList().forEach(f -> fields.add(of(f.getName(), f.getType())));
      return new Column(name, "RECORD", "NULLABLE", fields, null);
    }
    if (type.getKind() == TypeKind.TYPE_RANGE) {
      return new Column(name, "RANGE", "NULLABLE", fields, NAMES.get(type.asRange().getElementType().getKind()));
    }
    return new Column(name, NAMES.getOrDefault(type.getKind(), type.getKind().name()), "NULLABLE", fields, null);
  }

  Column renamed(String to) {
    return new Column(to, type, mode, fields, rangeElement);
  }

  JsonObject json() {
    return Json.object("name", name, "type", type, "mode", mode,
        "fields", fields.isEmpty() ? null : fields.stream().map(Column::json).toList(),
        "rangeElementType", rangeElement == null ? null : Json.object("type", rangeElement));
  }

  static JsonObject schema(List<Column> columns) {
    return Json.object("fields", columns.stream().map(Column::json).toList());
  }
}
