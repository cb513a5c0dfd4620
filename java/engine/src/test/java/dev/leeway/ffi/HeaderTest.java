package dev.leeway.ffi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code native/include/leeway.h} is the specification of the ABI; {@link Ops} must say the same. */
final class HeaderTest {

    private final Header header = Header.read();

    HeaderTest() throws IOException {
    }

    @Test
    void everyExportedFunctionIsBoundInTheHeadersOrder() throws IOException {
        assertEquals(header.functions(), Ops.ALL.stream().map(Op::name).toList());
        int withoutStream = 3;
        assertEquals(header.functions().size() + withoutStream, Header.exports(), "the pattern of a function missed one");
    }

    @Test
    void everyStructHasTheHeadersFieldsInOrderWithTheirKinds() {
        for (var op : structs()) {
            var expected = header.fields(struct(op)).stream().map(field -> field.kind() + " " + field.name()).toList();
            assertEquals(expected, fields(op).stream().map(field -> field.kind() + " " + field.name()).toList(), op.name());
        }
    }

    @Test
    void pointersMayBeNullExactlyWhereTheHeaderSaysSo() {
        for (var op : structs()) {
            var expected = header.fields(struct(op)).stream().filter(Header.Field::optional).map(Header.Field::name).toList();
            assertEquals(expected, fields(op).stream().filter(Op.Field::optional).map(Op.Field::name).toList(), op.name());
        }
    }

    @Test
    void theVersionsAreEqual() {
        assertEquals(header.abiVersion(), Native.ABI_VERSION);
    }

    @Test
    void sizesAndOffsetsAreTheCompilers(@TempDir Path folder) throws IOException, InterruptedException {
        var expected = new ArrayList<String>();
        var program = new StringBuilder("#include <leeway.h>\n#include <stddef.h>\n#include <stdio.h>\nint main() {\n");
        for (var op : structs()) {
            var struct = struct(op);
            program.append("printf(\"%s %%zu\\n\", sizeof(%s));\n".formatted(struct, struct));
            expected.add(struct + " " + op.bytes());
            var paths = header.fields(struct);
            for (int i = 0; i < paths.size(); i++) {
                var path = paths.get(i).path();
                program.append("printf(\"%s %s %%zu\\n\", offsetof(%s, %s));\n".formatted(struct, path, struct, path));
                expected.add(struct + " " + path + " " + op.field(i).offset());
            }
        }
        var source = Files.writeString(folder.resolve("layout.cpp"), program.append("}\n"));
        var binary = folder.resolve("layout");
        run(List.of("c++", "-I" + Header.FOLDER, source.toString(), "-o", binary.toString()));
        assertEquals(expected, run(List.of(binary.toString())).lines().toList());
    }

    private static String run(List<String> command) throws IOException, InterruptedException {
        var process = new ProcessBuilder(command).redirectErrorStream(true).start();
        var output = new String(process.getInputStream().readAllBytes());
        assertEquals(0, process.waitFor(), output);
        return output;
    }

    @Test
    void dtypeCodesAreTheHeaders() throws IOException {
        var runtime = Files.readString(Header.FOLDER.resolve("leeway/runtime.h"));
        for (var type : DType.values()) {
            assertTrue(runtime.contains("LEEWAY_" + type + " = " + type.code() + ","), type::toString);
        }
    }

    @Test
    void tilesAreTheHeaders() throws IOException {
        var elementwise = Files.readString(Header.FOLDER.resolve("leeway/elementwise.h"));
        assertTrue(elementwise.contains("#define LEEWAY_TENSOR_TILE " + Ops.TENSOR_TILE + "\n"));
    }

    /** The arguments of all ops, and the entries of tables. */
    private static List<Op> structs() {
        return Stream.concat(Ops.ALL.stream(), Ops.ENTRIES.stream()).toList();
    }

    private static String struct(Op op) {
        return Ops.ALL.contains(op) ? op.symbol() + "_args" : op.symbol();
    }

    private static List<Op.Field> fields(Op op) {
        return IntStream.range(0, op.fieldCount()).mapToObj(op::field).toList();
    }
}
