package dev.leeway.architecture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.tools.Diagnostic;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaFileObject;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What a user of engine and lab can call is documented, by javac's doclint: every public type and method has a sentence, every record says
 * what each component is, every link leads somewhere. Parameters and results of a method may be explained in its sentence, without tags.
 * Compact constructors and the rows of the two tables of constants speak for themselves.
 */
final class DocumentationTest {

    private static final Pattern RECORD = Pattern.compile("\\brecord \\w+[<(]");
    private static final Pattern COMPACT_CONSTRUCTOR = Pattern.compile("^\\s*(public|protected) \\w+ \\{");
    private static final Pattern CONSTANT_TABLE = Pattern.compile("ffi/Ops\\.java|io/StoredType\\.java");

    @TempDir
    private Path folder;

    private static Stream<Path> sources(String module) {
        try (var files = Files.walk(Path.of("..", module, "src", "main", "java"))) {
            return files.filter(file -> file.toString().endsWith(".java")).toList().stream();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private List<String> complaints(List<Path> files) throws IOException {
        var compiler = ToolProvider.getSystemJavaCompiler();
        var found = new DiagnosticCollector<JavaFileObject>();
        try (var manager = compiler.getStandardFileManager(found, Locale.ROOT, StandardCharsets.UTF_8)) {
            var options = List.of("-Xdoclint:all/protected", "-Xmaxwarns", "10000", "-proc:none", "-implicit:none", "-d", folder.toString(),
                "-cp", System.getProperty("java.class.path"));
            compiler.getTask(null, manager, found, options, null, manager.getJavaFileObjectsFromPaths(files)).call();
        }
        var complaints = new TreeSet<String>();
        for (var one : found.getDiagnostics()) {
            if (one.getSource() != null && isAsked(one)) {
                complaints.add(one.getSource().getName() + ":" + one.getLineNumber() + ": " + one.getMessage(Locale.ROOT));
            }
        }
        return List.copyOf(complaints);
    }

    private static boolean isAsked(Diagnostic<? extends JavaFileObject> complaint) throws IOException {
        var message = complaint.getMessage(Locale.ROOT);
        var line = complaint.getSource().getCharContent(true).toString().lines().skip(complaint.getLineNumber() - 1).findFirst()
            .orElseThrow();
        return switch (message) {
            case String text when text.startsWith("no @param") -> RECORD.matcher(line).find();
            case String text when text.startsWith("no @return") -> false;
            case "no comment" -> !COMPACT_CONSTRUCTOR.matcher(line).find()
                && !CONSTANT_TABLE.matcher(complaint.getSource().getName()).find();
            default -> true;
        };
    }

    @Test
    void everythingPublicInEngineAndLabIsDocumented() throws IOException {
        var files = Stream.of("engine", "lab").flatMap(DocumentationTest::sources).toList();
        assertTrue(files.size() > 200, files.size() + " files");
        assertEquals(List.of(), complaints(files));
    }

    @Test
    void whatIsLeftOutOrWrongIsFound() throws IOException {
        var file = Files.writeString(folder.resolve("Sample.java"), """
            /** A sample. */
            public class Sample {
                /** Made. */
                public Sample() {}
                public void silent() {}
                /** Leads to {@link Nowhere}. */
                public int lost(int given) { return given; }
                /** Has a <table. */
                public void torn() {}
                /** A pair.
                 * @param a one */
                public record Pair(int a, int b) {
                    public Pair { a = b; }
                }
            }
            """);
        var lines = complaints(List.of(file)).stream().map(line -> line.substring(line.lastIndexOf("Sample.java:") + 12)).toList();
        assertEquals(List.of("12: no @param for b", "5: no comment", "6: reference not found", "8: malformed HTML"), lines);
    }
}
