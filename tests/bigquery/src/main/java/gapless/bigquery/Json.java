package gapless.bigquery;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import java.util.ArrayList;
import java.util.List;

/** Short forms for building and reading JSON. */
final class Json {
  private static final Gson WRITER = new GsonBuilder().serializeNulls().disableHtmlEscaping().create();

  private Json() {}

  /** An object of alternating names and values. A Java null leaves the field out, as the service does. */
  static JsonObject object(Object... pairs) {
    JsonObject object = new JsonObject();
    for (int i = 0; i < pairs.length; i += 2) {
      if (pairs[i + 1] != null) {
        object.add((String) pairs[i], element(pairs[i + 1]));
      }
    }
    return object;
  }

  static JsonArray array(Iterable<?> items) {
    JsonArray array = new JsonArray();
    items.forEach(item -> array.add(element(item)));
    return array;
  }

  static JsonElement element(Object value) {
    if (value == null) {
      return JsonNull.INSTANCE;
    } else if (value instanceof JsonElement e) {
      return e;
    } else if (value instanceof Number n) {
      return new JsonPrimitive(n);
    } else if (value instanceof Boolean b) {
      return new JsonPrimitive(b);
    } else if (value instanceof Iterable<?> items) {
      return array(items);
    }
    return new JsonPrimitive(value.toString());
  }

  static JsonObject parse(String text) {
    try {
      JsonElement parsed = JsonParser.parseString(text.isBlank() ? "{}" : text);
      if (parsed.isJsonObject()) {
        return parsed.getAsJsonObject();
      }
    } catch (JsonParseException e) {
      throw ApiError.of("parseError", "the body is not JSON: " + e.getMessage());
    }
    throw ApiError.of("parseError", "the body must be a JSON object");
  }

  static String write(JsonElement element) {
    return WRITER.toJson(element);
  }

  static boolean has(JsonObject object, String name) {
    return object.has(name) && !object.get(name).isJsonNull();
  }

  /** The text of a field, or null. Numbers count as text: the service's clients send 64-bit numbers either way. */
  static String text(JsonObject object, String name) {
    if (!has(object, name)) {
      return null;
    } else if (!object.get(name).isJsonPrimitive()) {
      throw ApiError.of("invalid", "Invalid value at '" + name + "': one value is expected");
    }
    return object.get(name).getAsString();
  }

  static String need(JsonObject object, String name) {
    String text = text(object, name);
    if (text == null) {
      throw ApiError.of("required", "Required parameter is missing: " + name);
    }
    return text;
  }

  static long number(JsonObject object, String name, long otherwise) {
    String text = text(object, name);
    try {
      return text == null ? otherwise : Long.parseLong(text);
    } catch (NumberFormatException e) {
      throw ApiError.of("invalid", "Invalid value at '" + name + "': a whole number is expected");
    }
  }

  static boolean flag(JsonObject object, String name, boolean otherwise) {
    String text = text(object, name);
    return text == null ? otherwise : Boolean.parseBoolean(text);
  }

  static JsonObject child(JsonObject object, String name) {
    if (!has(object, name)) {
      return new JsonObject();
    } else if (!object.get(name).isJsonObject()) {
      throw ApiError.of("invalid", "Invalid value at '" + name + "': an object is expected");
    }
    return object.getAsJsonObject(name);
  }

  static List<JsonObject> children(JsonObject object, String name) {
    List<JsonObject> list = new ArrayList<>();
    items(object, name).forEach(e -> list.add(child(object("item", e), "item")));
    return list;
  }

  static List<String> texts(JsonObject object, String name) {
    List<String> list = new ArrayList<>();
    items(object, name).forEach(e -> list.add(text(object("item", e), "item")));
    return list;
  }

  private static JsonArray items(JsonObject object, String name) {
    if (!has(object, name)) {
      return new JsonArray();
    } else if (!object.get(name).isJsonArray()) {
      throw ApiError.of("invalid", "Invalid value at '" + name + "': a list is expected");
    }
    return object.getAsJsonArray(name);
  }
}
