package dev.leeway.text.template;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.LeewayException;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Every case of the shared chat templates, against what transformers rendered; every hostile one within its limits. */
@Tag("shared")
final class ReferenceTemplatesTest {

    private static final Path FOLDER = Path.of(System.getProperty("leeway.shared"), "fixtures", "chat_template");
    private static final Clock CLOCK = Clock.fixed(Instant.parse("2024-07-26T09:05:07Z"), ZoneOffset.UTC);
    private static final JsonMapper JSON = JsonMapper.shared();
    private static final long MOST_NANOS = 100_000_000;
    private static final long MOST_BYTES = 16_000_000;
    /** The budget is in estimated bytes; what a thread really allocates is measured. */
    private static final com.sun.management.ThreadMXBean THREADS =
            (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();

    @BeforeAll
    static void loadsTheClassesOnce() throws IOException {
        unit(cases("units.json").getFirst());
        for (JsonNode hostile : cases("hostile.json")) {
            attempt(hostile);
        }
    }

    @TestFactory
    Stream<DynamicTest> everyConversationIsRenderedAsTransformersRendersIt() throws IOException {
        return tests("cases.json", 765, ReferenceTemplatesTest::conversation);
    }

    @TestFactory
    Stream<DynamicTest> everyFeatureGivesWhatJinjaGives() throws IOException {
        return tests("units.json", 88, ReferenceTemplatesTest::unit);
    }

    @TestFactory
    Stream<DynamicTest> everyHostileTemplateEndsWithinItsLimits() throws IOException {
        return tests("hostile.json", 40, ReferenceTemplatesTest::hostile);
    }

    private interface Check {
        void check(JsonNode example) throws IOException;
    }

    private static Stream<DynamicTest> tests(String file, int least, Check check) throws IOException {
        List<JsonNode> cases = cases(file);
        assertTrue(cases.size() >= least, () -> "only " + cases.size() + " cases in " + file);
        return cases.stream().map(example -> DynamicTest.dynamicTest(example.get("id").stringValue(), () -> check.check(example)));
    }

    private static List<JsonNode> cases(String file) throws IOException {
        JsonNode cases = JSON.readTree(Files.readString(FOLDER.resolve(file))).get("cases");
        return StreamSupport.stream(cases.spliterator(), false).toList();
    }

    private static void conversation(JsonNode example) throws IOException {
        ChatTemplate template = ChatTemplate.parse(Files.readString(FOLDER.resolve(example.get("template_file").stringValue())));
        List<Map<String, Object>> messages = maps(example.get("messages"));
        var options = RenderOptions.DEFAULT.withClock(CLOCK).withVariables(map(example.get("kwargs")))
                .withGenerationPrompt(example.get("add_generation_prompt").booleanValue())
                .withFinalMessageContinued(example.get("continue_final_message").booleanValue());
        var withTools = example.get("tools").isNull() ? options : options.withTools(maps(example.get("tools")));
        var complete = example.get("documents").isNull() ? withTools : withTools.withDocuments(maps(example.get("documents")));
        if (example.has("expected_error")) {
            var failure = assertThrows(LeewayException.class, () -> template.render(messages, complete));
            JsonNode expected = example.get("expected_error");
            if (expected.get("type").stringValue().equals("TemplateError")) {
                assertEquals(expected.get("message").stringValue(), failure.getMessage());
            }
        } else {
            Rendered rendered = template.render(messages, complete);
            assertEquals(example.get("expected").stringValue(), rendered.text());
            spans(example, rendered);
        }
        assertEquals(maps(example.get("messages")), messages, "the messages were changed");
    }

    private static void spans(JsonNode example, Rendered rendered) {
        if (!example.has("assistant_spans")) {
            return;
        }
        List<Span> units = new ArrayList<>();
        List<Span> points = new ArrayList<>();
        List<String> texts = new ArrayList<>();
        for (JsonNode span : example.get("assistant_spans")) {
            units.add(new Span(span.get("start_utf16").intValue(), span.get("end_utf16").intValue()));
            points.add(new Span(span.get("start").intValue(), span.get("end").intValue()));
            texts.add(span.get("text").stringValue());
        }
        assertEquals(units, rendered.assistantSpans());
        assertEquals(points, rendered.assistantSpans().stream().map(span -> span.inCodePoints(rendered.text())).toList());
        assertEquals(texts, rendered.assistantSpans().stream().map(s -> rendered.text().substring(s.start(), s.end())).toList());
    }

    private static void unit(JsonNode example) {
        String text = example.get("template").stringValue();
        Map<String, Object> context = map(example.get("context"));
        if (example.has("expected_error")) {
            assertThrows(LeewayException.class, () -> ChatTemplate.parse(text).renderContext(context, CLOCK));
        } else {
            assertEquals(example.get("expected").stringValue(), ChatTemplate.parse(text).renderContext(context, CLOCK).text());
        }
    }

    private static void hostile(JsonNode example) {
        Map<String, Object> context = map(example.get("context"));
        long bytes = THREADS.getCurrentThreadAllocatedBytes();
        long start = THREADS.getCurrentThreadCpuTime();
        String text = attempt(example);
        long nanos = THREADS.getCurrentThreadCpuTime() - start;
        long allocated = THREADS.getCurrentThreadAllocatedBytes() - bytes;
        example.get("must_not_contain").forEach(leak -> assertFalse(text.contains(leak.stringValue()), text));
        assertEquals(map(example.get("context")), context, "the context was changed");
        assertTrue(nanos < MOST_NANOS, () -> "took " + nanos / 1_000_000 + " ms: " + text);
        assertTrue(allocated < MOST_BYTES, () -> "allocated " + allocated + " bytes: " + text);
    }

    /** What it renders, or why it is refused; both must keep its secrets. */
    private static String attempt(JsonNode example) {
        try {
            return ChatTemplate.parse(template(example)).renderContext(map(example.get("context")), CLOCK).text();
        } catch (LeewayException refusal) {
            return refusal.getMessage();
        }
    }

    private static String template(JsonNode example) {
        if (example.has("template")) {
            return example.get("template").stringValue();
        }
        var text = new StringBuilder();
        example.get("template_repeat").forEach(piece -> text.repeat(piece.get("text").stringValue(), piece.get("times").intValue()));
        return text.toString();
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> map(JsonNode object) {
        return JSON.convertValue(object, Map.class);
    }

    @SuppressWarnings("unchecked")
    private static List<Map<String, Object>> maps(JsonNode list) {
        return JSON.convertValue(list, List.class);
    }
}
