package dev.leeway.eval;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.io.CheckedLines;
import dev.leeway.io.JsonFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class RecordedAnswerTest {

    private static final CheckedLines.Kind KIND = new CheckedLines.Kind("records", "is something else");

    @TempDir
    private Path folder;

    private Path records(String... lines) {
        var file = folder.resolve("records.jsonl");
        try (var records = CheckedLines.open(file, KIND)) {
            for (var line : lines) {
                records.append(JsonFile.parse("a line", line).node());
            }
        }
        return file;
    }

    private static String response(String item, String context, String request, String response) {
        return """
            {"response_to":"key of %1$s","benchmark":"b","evaluation_prompt":"none","context":"%2$s","item":"%1$s","epoch":0,\
            "request":%3$s,"response":%4$s}""".formatted(item, context, request, response);
    }

    @Test
    void anAnswerHasItsPromptItsTextAndItsScore() {
        var file = records("{\"run\":{}}", response("one", "plain",
            "{\"messages\":[{\"role\":\"system\",\"content\":\"Be good.\"},{\"role\":\"user\",\"content\":\"How?\"}]}",
            "{\"written\":\"So.\",\"cut\":true,\"tokens\":7}"), response("two", "sad", "{\"text\":\"x\"}", "{\"written\":\"y\"}"),
            "{\"score_of\":\"key of one\",\"item\":\"one\",\"score\":{\"values\":{\"right\":0.0},\"grades\":[]}}",
            "{\"score_of\":\"key of one\",\"item\":\"one\",\"score\":{\"values\":{\"right\":1.0,\"kind\":{\"missing\":\"no word\"}},"
                + "\"grades\":[]}}");
        var answers = RecordedAnswer.read(file, Set.of("one"));
        assertEquals(1, answers.size(), "the other item was not asked for");
        var one = answers.getFirst();
        assertEquals("system: Be good.\nuser: How?", one.prompt());
        assertEquals("So. [cut at 7 tokens]", one.answer());
        assertEquals(Value.of(1), one.score().orElseThrow().value("right"), "of two scores the later counts");
        assertEquals(Value.missing("no word"), one.score().orElseThrow().value("kind"));
        var other = RecordedAnswer.read(file, Set.of("two")).getFirst();
        assertEquals(Optional.empty(), other.score());
        assertEquals("none/sad", other.setting());
        assertEquals("x", other.prompt());
    }

    @Test
    void whatIsNotWrittenIsToldInWords() {
        var file = records("{\"run\":{}}",
            response("weighed", "plain", "{\"text\":\"q\",\"options\":[\" yes\",\" no\"]}", "{\"log_probs\":[-1.0,-2.5],\"tokens\":[1,1]}"),
            response("rated", "plain", "{\"text\":\"q\"}", "{\"rated\":0.25}"),
            response("next", "plain", "{\"text\":\"q\"}", "{\"next\":{\"a\":-3.0,\"b\":-1.0}}"),
            response("unable", "plain", "{\"text\":\"q\"}", "{\"unable\":\"the prompt is too long\"}"));
        assertEquals(List.of("“yes” log-prob -1.00; “no” log-prob -2.50", "rated 0.25", "“b” log-prob -1.00; “a” log-prob -3.00",
            "no answer: the prompt is too long"), RecordedAnswer.read(file, Set.of("weighed", "rated", "next", "unable")).stream()
                .map(RecordedAnswer::answer).toList());
    }

    @Test
    void aDamagedLineIsPassedOverAndTheFileStaysAsItIs() throws Exception {
        var file = records("{\"run\":{}}", response("one", "plain", "{\"text\":\"q\"}", "{\"written\":\"a\"}"));
        Files.writeString(file, response("two", "plain", "{\"text\":\"q\"}", "{\"written\":\"b\"}") + "\n{\"crc32c\":\"00",
            StandardOpenOption.APPEND);
        var before = Files.readAllBytes(file);
        assertEquals(List.of("one"), RecordedAnswer.read(file, Set.of("one", "two")).stream().map(RecordedAnswer::item).toList());
        assertArrayEquals(before, Files.readAllBytes(file));
        assertTrue(RecordedAnswer.read(file, Set.of()).isEmpty());
    }
}
