package dev.leeway.ffi;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/** {@code leeway.h} and its parts, read as text: the functions in order, with the fields of their structs. */
final class Header {

    static final Path FOLDER = Path.of(System.getProperty("basedir", ".")).resolve("../../native/include").toAbsolutePath().normalize();

    private static final Pattern INCLUDE = Pattern.compile("#include \"(leeway/\\w+\\.h)\"");
    private static final Pattern STRUCT = Pattern.compile("typedef struct \\{(.*?)\\} (leeway_\\w+);", Pattern.DOTALL);
    private static final Pattern FIELD = Pattern.compile("(const )?(\\w+) (\\**)(\\w+);[ ]*(?:/\\*(.*?)\\*/)?");
    private static final Pattern FUNCTION = Pattern.compile(
        "LEEWAY_API leeway_status leeway_(\\w+)\\(leeway_stream \\*\\w+, const leeway_\\1_args \\*args\\);");
    private static final Pattern VERSION = Pattern.compile("#define LEEWAY_ABI_VERSION (\\d+)");

    /** Structs that are absent as a whole where their comment says so (rank 0, NULL starts): each pointer in them may be NULL. */
    private static final Set<String> ABSENT_AS_A_WHOLE = Set.of("leeway_lora", "leeway_soft_target");

    /**
     * A field of an argument struct.
     *
     * @param path as C writes it: {@code distribution.weight.data}
     * @param name as {@link Ops} writes it: {@code weight.data}
     */
    record Field(String path, String name, Op.Kind kind, boolean optional) {
    }

    private record Declared(boolean isConst, String type, boolean isPointer, String name, String comment) {
    }

    private final Map<String, List<Declared>> structs = new LinkedHashMap<>();
    private final List<String> functions = new ArrayList<>();
    private int abiVersion;

    private Header() {
    }

    static Header read() throws IOException {
        var header = new Header();
        var includes = INCLUDE.matcher(Files.readString(FOLDER.resolve("leeway.h")));
        while (includes.find()) {
            header.add(Files.readString(FOLDER.resolve(includes.group(1))));
        }
        return header;
    }

    private void add(String text) {
        var version = VERSION.matcher(text);
        if (version.find()) {
            abiVersion = Integer.parseInt(version.group(1));
        }
        var structures = STRUCT.matcher(text);
        while (structures.find()) {
            var fields = FIELD.matcher(structures.group(1));
            var declared = new ArrayList<Declared>();
            while (fields.find()) {
                declared.add(new Declared(fields.group(1) != null, fields.group(2), !fields.group(3).isEmpty(), fields.group(4),
                    fields.group(5) == null ? "" : fields.group(5)));
            }
            structs.put(structures.group(2), declared);
        }
        var functionNames = FUNCTION.matcher(text);
        while (functionNames.find()) {
            functions.add(functionNames.group(1));
        }
    }

    int abiVersion() {
        return abiVersion;
    }

    /** Names of the functions that take a stream, without the prefix, in order. */
    List<String> functions() {
        return functions;
    }

    /** How often the text says LEEWAY_API: the functions above, and the three that take no stream. */
    static long exports() throws IOException {
        long count = 0;
        try (var files = Files.walk(FOLDER)) {
            for (var file : files.filter(Files::isRegularFile).toList()) {
                count += Pattern.compile("^LEEWAY_API ", Pattern.MULTILINE).matcher(Files.readString(file)).results().count();
            }
        }
        return count;
    }

    /** Of a struct, those of the structs inside it in their place. */
    List<Field> fields(String struct) {
        var flat = new ArrayList<Field>();
        flatten(struct, "", "", flat);
        return flat;
    }

    private void flatten(String struct, String path, String name, List<Field> flat) {
        for (var field : structs.get(struct)) {
            if (!field.isPointer() && structs.containsKey(field.type())) {
                flatten(field.type(), path + field.name() + ".", name + shortened(field.name()), flat);
            } else {
                flat.add(new Field(path + field.name(), name + qualifier(struct, field) + field.name(), kind(field),
                    isOptional(struct, field)));
            }
        }
    }

    private static String shortened(String nested) {
        return nested.equals("distribution") || nested.equals("soft") ? "" : nested + ".";
    }

    /** A field that would lose its meaning without its struct's name. */
    private static String qualifier(String struct, Declared field) {
        return struct.equals("leeway_soft_target") && field.name().equals("reserved") ? "soft." : "";
    }

    /** A pointer whose comment says so, or whose {@code …_starts} may be absent. */
    private boolean isOptional(String struct, Declared field) {
        boolean saysSo = field.comment().contains("NULL") || field.comment().contains("needed for");
        return field.isPointer() && (saysSo || ABSENT_AS_A_WHOLE.contains(struct) || structs.get(struct).stream()
            .anyMatch(other -> other.name().equals(field.name() + "_starts") && isOptional(struct, other)));
    }

    private static Op.Kind kind(Declared field) {
        if (field.isPointer()) {
            return field.isConst() ? Op.Kind.IN : Op.Kind.OUT;
        }
        return switch (field.type()) {
            case "int64_t" -> Op.Kind.I64;
            case "uint64_t" -> Op.Kind.U64;
            case "float" -> Op.Kind.F32;
            case "double" -> Op.Kind.F64;
            case "int32_t", "leeway_dtype", "leeway_activation" -> Op.Kind.I32;
            default -> throw new AssertionError("the header has a field of a type that the binding does not know: " + field.type());
        };
    }
}
