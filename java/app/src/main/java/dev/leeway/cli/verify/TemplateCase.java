package dev.leeway.cli.verify;

import dev.leeway.LeewayException;
import dev.leeway.io.JsonObject;
import dev.leeway.tensor.Device;
import dev.leeway.text.template.ChatTemplate;
import dev.leeway.text.template.RenderOptions;
import dev.leeway.text.template.Rendered;
import dev.leeway.text.template.Span;
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
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Chat templates: conversations with their assistant spans, single features of the language, and hostile templates within their limits. */
record TemplateCase(Path path, JsonObject json) implements Case {

    private static final Clock CLOCK = Clock.fixed(Instant.parse("2024-07-26T09:05:07Z"), ZoneOffset.UTC);
    private static final JsonMapper JSON = JsonMapper.shared();
    /** Seconds of the thread's own time, and bytes it may allocate, for a hostile template. */
    private static final double MOST_SECONDS = 0.1;
    private static final double MOST_BYTES = 16e6;

    @Override
    public String kind() {
        return "chat templates";
    }

    @Override
    public List<Check> run(Device device) {
        var checks = new Checks();
        for (var one : json.requireObjects("cases")) {
            var name = one.optionalString("id").orElse("template");
            if (one.has("template_file")) {
                checks.equal(name, conversationHolds(one) ? 0 : 1);
            } else if (one.has("must_not_contain")) {
                hostile(name, one, checks);
            } else {
                checks.equal(name, featureHolds(one) ? 0 : 1);
            }
        }
        return checks.all();
    }

    private boolean conversationHolds(JsonObject one) {
        var messages = maps(one.require("messages"));
        boolean holds = one.has("expected_error") ? isRefused(one, messages) : rendersAsExpected(one, messages);
        return holds && messages.equals(maps(one.require("messages")));
    }

    private boolean rendersAsExpected(JsonObject one, List<Map<String, Object>> messages) {
        var rendered = render(one, messages);
        return rendered.text().equals(one.requireString("expected")) && spansHold(one, rendered);
    }

    private boolean isRefused(JsonObject one, List<Map<String, Object>> messages) {
        var expected = one.requireObject("expected_error");
        try {
            render(one, messages);
            return false;
        } catch (LeewayException refusal) {
            return !expected.requireString("type").equals("TemplateError") || refusal.getMessage()
                .equals(expected.requireString("message"));
        }
    }

    private Rendered render(JsonObject one, List<Map<String, Object>> messages) {
        var options = RenderOptions.DEFAULT.withClock(CLOCK).withVariables(map(one.require("kwargs")))
            .withGenerationPrompt(one.requireBoolean("add_generation_prompt"))
            .withFinalMessageContinued(one.requireBoolean("continue_final_message"));
        var withTools = one.has("tools") ? options.withTools(maps(one.require("tools"))) : options;
        var complete = one.has("documents") ? withTools.withDocuments(maps(one.require("documents"))) : withTools;
        return ChatTemplate.parse(templateFile(one.requireString("template_file"))).render(messages, complete);
    }

    private String templateFile(String name) {
        var file = path.resolveSibling(name);
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw LeewayException.data(e, "cannot read %s: %s", file, e.getMessage());
        }
    }

    private static boolean spansHold(JsonObject one, Rendered rendered) {
        if (!one.has("assistant_spans")) {
            return true;
        }
        var units = new ArrayList<Span>();
        var points = new ArrayList<Span>();
        for (var span : one.requireObjects("assistant_spans")) {
            units.add(new Span(span.requireInt("start_utf16"), span.requireInt("end_utf16")));
            points.add(new Span(span.requireInt("start"), span.requireInt("end")));
        }
        return units.equals(rendered.assistantSpans())
            && points.equals(rendered.assistantSpans().stream().map(span -> span.inCodePoints(rendered.text())).toList());
    }

    private static boolean featureHolds(JsonObject one) {
        try {
            var text = ChatTemplate.parse(one.requireString("template")).renderContext(map(one.require("context")), CLOCK).text();
            return !one.has("expected_error") && text.equals(one.requireString("expected"));
        } catch (LeewayException refusal) {
            return one.has("expected_error");
        }
    }

    private static void hostile(String name, JsonObject one, Checks checks) {
        attempt(one, map(one.require("context")));
        var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
        var context = map(one.require("context"));
        long bytes = threads.getCurrentThreadAllocatedBytes();
        long time = threads.getCurrentThreadCpuTime();
        var text = attempt(one, context);
        checks.absolute(name + " (seconds)", (threads.getCurrentThreadCpuTime() - time) * 1e-9, 0, MOST_SECONDS);
        checks.absolute(name + " (bytes)", threads.getCurrentThreadAllocatedBytes() - bytes, 0, MOST_BYTES);
        checks.equal(name + " leaks", one.requireStrings("must_not_contain").stream().filter(text::contains).count());
        checks.same(name + " leaves its context", context, map(one.require("context")));
    }

    /** What it renders, or why it is refused. */
    private static String attempt(JsonObject one, Map<String, Object> context) {
        try {
            return ChatTemplate.parse(template(one)).renderContext(context, CLOCK).text();
        } catch (LeewayException refusal) {
            return refusal.getMessage();
        }
    }

    private static String template(JsonObject one) {
        if (one.has("template")) {
            return one.requireString("template");
        }
        var text = new StringBuilder();
        one.requireObjects("template_repeat").forEach(piece -> text.repeat(piece.requireString("text"), piece.requireInt("times")));
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
