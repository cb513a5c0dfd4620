package dev.leeway.text.template;

import dev.leeway.LeewayException;
import dev.leeway.text.template.Value.Bool;
import dev.leeway.text.template.Value.Int;
import dev.leeway.text.template.Value.None;
import dev.leeway.text.template.Value.Real;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Copies what the caller gives into values, so that nothing of the caller's is within a template's reach; and measures it. */
final class InputReader {

    private static final int CHARS_PER_UNIT = 64;

    private long values;
    private long chars;

    /** The size of what was read, as {@link Limits} counts it. */
    long units() {
        return values + chars / CHARS_PER_UNIT;
    }

    Map<String, Value> read(Map<String, ?> variables) {
        Map<String, Value> result = new LinkedHashMap<>();
        variables.forEach((name, value) -> result.put(name, read(value, name, 0)));
        return result;
    }

    private Value read(Object object, String path, int depth) {
        values++;
        if (depth >= Items.DEEPEST - 1) {
            throw LeewayException.data("%s nests more than %d deep; a chat template takes no deeper values",
                    path.substring(0, Math.min(path.length(), 200)), Items.DEEPEST - 1);
        }
        return switch (object) {
            case null -> None.NONE;
            case CharSequence text -> text(text.toString());
            case Boolean bool -> Bool.of(bool);
            case Byte _, Short _, Integer _, Long _ -> Int.of(((Number) object).longValue());
            case BigInteger number -> new Int(number);
            case Float _, Double _, BigDecimal _ -> new Real(((Number) object).doubleValue());
            case Map<?, ?> map -> dict(map, path, depth);
            case Iterable<?> list -> list(list, path, depth);
            default -> throw LeewayException.data("%s is a %s; a chat template takes maps, lists, texts, numbers, truth values and null",
                    path, object.getClass().getName());
        };
    }

    private Text text(String text) {
        chars += text.length();
        return Text.of(text);
    }

    private Dict dict(Map<?, ?> map, String path, int depth) {
        var dict = new Dict();
        map.forEach((key, value) -> {
            if (!(key instanceof String name)) {
                throw LeewayException.data("%s has the key %s; the keys of a chat template's maps are texts", path, key);
            }
            chars += name.length();
            dict.with(name, read(value, path + "." + name, depth + 1));
        });
        return dict;
    }

    private Items list(Iterable<?> list, String path, int depth) {
        List<Value> elements = new ArrayList<>();
        for (Object element : list) {
            elements.add(read(element, path + "[" + elements.size() + "]", depth + 1));
        }
        return Items.list(elements);
    }
}
