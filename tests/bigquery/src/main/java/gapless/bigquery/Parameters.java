package gapless.bigquery;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.zetasql.StructType;
import com.google.zetasql.Type;
import com.google.zetasql.TypeFactory;
import com.google.zetasql.Value;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The named parameters of a query, from the shape of the REST interface. */
final class Parameters {
  private Parameters() {}

  static Map<String, Value> read(JsonObject query) {
    Map<String, Value> parameters = new LinkedHashMap<>();
    for (JsonObject parameter : Json.children(query, "queryParameters")) {
      String name = Json.text(parameter, "name");
      if (name == null || name.isEmpty()) {
        throw ApiError.invalidQuery("this server takes named parameters only");
      }
      Type type = type(parameter.getAsJsonObject("parameterType"));
      Value value = value(type, Json.child(parameter, "parameterValue"));
      if (parameters.put(name.toLowerCase(Locale.ROOT), value) != null) {
        throw ApiError.invalidQuery("Duplicate query parameter name: " + name);
      }
    }
    return parameters;
  }

  private static Type type(JsonObject json) {
    String name = Column.canonical(Json.need(json, "type"));
    return switch (name) {
      case "ARRAY" -> TypeFactory.createArrayType(type(json.getAsJsonObject("arrayType")));
      case "RECORD" -> TypeFactory.createStructType(Json.children(json, "structTypes").stream()
          .map(f -> new StructType.StructField(Json.need(f, "name"), type(f.getAsJsonObject("type")))).toList());
      case "RANGE" -> TypeFactory.createRangeType(type(json.getAsJsonObject("rangeElementType")));
      default -> Column.scalar(name);
    };
  }

  private static Value value(Type type, JsonObject json) {
    if (type.isArray()) {
      List<Value> elements = new ArrayList<>();
      JsonArray values = json.has("arrayValues") ? json.getAsJsonArray("arrayValues") : new JsonArray();
      values.forEach(v -> elements.add(value(type.asArray().getElementType(), v.getAsJsonObject())));
      return Value.createArrayValue(type.asArray(), elements);
    }
    if (type.isStruct()) {
      JsonObject values = Json.child(json, "structValues");
      return Value.createStructValue(type.asStruct(), type.asStruct().getFieldList().stream()
          .map(f -> value(f.getType(), Json.child(values, f.getName()))).toList());
    }
    if (type.isRange()) {
      JsonObject range = Json.child(json, "rangeValue");
      Type element = type.asRange().getElementType();
      return Value.createRangeValue(type.asRange(), value(element, Json.child(range, "start")), value(element, Json.child(range, "end")));
    }
    // A value that is left out is NULL.
    return Json.has(json, "value") ? Cells.scalar(type, Json.text(json, "value")) : Value.createNullValue(type);
  }
}
