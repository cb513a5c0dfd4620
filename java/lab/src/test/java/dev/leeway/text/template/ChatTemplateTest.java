package dev.leeway.text.template;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.LeewayException;
import java.math.BigInteger;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class ChatTemplateTest {

    private static final String TURNS = """
            {%- for m in messages %}
            <{{ m.role }}>{% if m.role == 'user' %}{{ m.content }}{% else %}{% generation %}{{ m.content }}!{% endgeneration %}{% endif %}
            {% endfor %}
            {%- if add_generation_prompt %}<assistant>{% endif %}
            """;

    private static final List<Map<String, Object>> TALK = List.of(
            Map.of("role", "user", "content", "Höw? 😀"), Map.of("role", "assistant", "content", "So  "));

    private static String render(String template, Map<String, ?> variables) {
        return ChatTemplate.parse(template).renderContext(variables, Clock.systemUTC()).text();
    }

    private static LeewayException refusal(String template, Map<String, ?> variables) {
        return assertThrows(LeewayException.class, () -> render(template, variables));
    }

    @Test
    void aConversationIsRenderedWithTheSpansOfTheAssistant() {
        Rendered rendered = ChatTemplate.parse(TURNS).render(TALK, RenderOptions.DEFAULT.withGenerationPrompt(true));
        assertEquals("<user>Höw? 😀<assistant>So  !<assistant>", rendered.text().replace("\n", ""));
        Span span = rendered.assistantSpans().getFirst();
        assertEquals("So  !", rendered.text().substring(span.start(), span.end()));
        assertEquals(new Span(span.start() - 1, span.end() - 1), span.inCodePoints(rendered.text()));
    }

    @Test
    void aContinuedMessageEndsTheTextAndItsSpan() {
        Rendered rendered = ChatTemplate.parse(TURNS).render(TALK, RenderOptions.DEFAULT.withFinalMessageContinued(true));
        assertTrue(rendered.text().endsWith("<assistant>So  "), rendered.text());
        assertEquals(rendered.text().length(), rendered.assistantSpans().getFirst().end());
    }

    @Test
    void aContinuedMessageThatTheTemplateStripsIsContinuedStripped() {
        Rendered rendered = ChatTemplate.parse("{% for m in messages %}[{{ m.content | trim }}]{% endfor %}")
                .render(TALK, RenderOptions.DEFAULT.withFinalMessageContinued(true));
        assertEquals("[Höw? 😀][So", rendered.text());
    }

    @Test
    void toContinueAndToBeginAMessageContradictEachOther() {
        var options = RenderOptions.DEFAULT.withFinalMessageContinued(true).withGenerationPrompt(true);
        var failure = assertThrows(LeewayException.class, () -> ChatTemplate.parse(TURNS).render(TALK, options));
        assertEquals(LeewayException.Kind.USAGE, failure.kind());
    }

    @Test
    void toolsThatAreAbsentAreNoneAndOnesThatAreEmptyAreNot() {
        ChatTemplate template = ChatTemplate.parse("{{ tools is none }}{{ documents is none }}{{ tools }}");
        assertEquals("TrueTrueNone", template.render(List.of(), RenderOptions.DEFAULT).text());
        assertEquals("FalseTrue[]", template.render(List.of(), RenderOptions.DEFAULT.withTools(List.of())).text());
    }

    @Test
    void theTemplatesOwnExceptionReachesTheUserWordForWord() {
        var failure = refusal("\n{{ raise_exception('100 % wrong: ' ~ x) }}", Map.of("x", "%s"));
        assertEquals("100 % wrong: %s", failure.getMessage());
        assertEquals(LeewayException.Kind.DATA, failure.kind());
    }

    @Test
    void aFailureNamesTheLineOfTheTemplate() {
        assertEquals("chat template, line 3: can only concatenate str (not \"dict\") to str",
                refusal("a\nb\n{{ 'x' + x }}", Map.of("x", Map.of())).getMessage());
        assertEquals("chat template, line 2: unknown tag 'iff'", refusal("a\n{% iff x %}", Map.of()).getMessage());
        assertEquals("chat template, line 1: 'nothing' is undefined", refusal("{{ nothing.x }}\n\n", Map.of()).getMessage());
    }

    @Test
    void blocksLeaveNoTraceOfTheirOwnLines() {
        assertEquals("<\nyes\n>\n", render("<\n  {% if a %}\nyes\n  {% endif %}\n>\n\n", Map.of("a", 1)));
        assertEquals("< yes>", render("<  {%- if a +%} yes{% endif %}  {{- '' }}>", Map.of("a", 1)));
        assertEquals("<   yes", render("<   {%+ if a %}yes{% endif %}", Map.of("a", 1)));
        assertEquals("{{ raw }} ", render("{% raw %}{{ raw }} {% endraw %}\n{# gone #}\n", Map.of()));
    }

    @Test
    void whatALoopSetsStaysInItsRoundUnlessANamespaceHoldsIt() {
        assertEquals("0|2", render("{% set n = 0 %}{% set ns = namespace(n=0) %}{% for x in 'ab' %}{% set n = n + 1 %}"
                + "{% set ns.n = ns.n + 1 %}{% endfor %}{{ n }}|{{ ns.n }}", Map.of()));
    }

    @Test
    void macrosTakeArgumentsByPositionByNameAndByDefault() {
        String macro = "{% macro f(a, b='B', c=a) %}{{ a }}{{ b }}{{ c }} {% endmacro %}";
        assertEquals("1B1 123 3B3 ", render(macro + "{{ f(1) }}{{ f(1, 2, 3) }}{{ f(a=3) }}", Map.of()));
        assertTrue(refusal(macro + "{{ f(1, 2, 3, 4) }}", Map.of()).getMessage().contains("macro 'f' takes not more than 3"));
    }

    @Test
    void numbersPrintAndDivideAsPythonsDo() {
        assertEquals("0.1 1e+16 1e-05 100000.0 -2 1 2.0 1180591620717411303424",
                render("{{ 0.1 }} {{ 1e16 }} {{ 0.00001 }} {{ 1e5 }} {{ -7 // 4 }} {{ -7 % 4 }} {{ 4 / 2 }} {{ 2 ** 70 }}", Map.of()));
    }

    @Test
    void jsonKeepsOrderBlanksAndCharacters() {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("z", List.of(1, 2.0, true));
        map.put("a", "é\"\n");
        assertEquals("{\"z\": [1, 2.0, true], \"a\": \"é\\\"\\n\"}", render("{{ x | tojson }}", Map.of("x", map)));
        assertEquals("{'z': [1, 2.0, True], 'a': 'é\"\\n'}", render("{{ x }}", Map.of("x", map)));
    }

    @Test
    void positionsInATextCountCodePoints() {
        assertEquals("😀 3 b😀a", render("{{ x[1] }} {{ x|length }} {{ x[::-1] }}", Map.of("x", "a😀b")));
    }

    @Test
    void theClockIsTheOneThatIsGiven() {
        var clock = Clock.fixed(Instant.parse("2031-02-03T23:30:00Z"), ZoneId.of("Europe/Berlin"));
        assertEquals("04 February 2031", ChatTemplate.parse("{{ strftime_now('%d %B %Y') }}")
                .render(List.of(), RenderOptions.DEFAULT.withClock(clock)).text());
    }

    @Test
    void aTemplateCanReachNothingButItsValues() {
        for (String walk : List.of("{{ x.__class__ }}", "{{ x['__class__'] }}", "{{ x|attr('getClass') }}", "{{ x.class }}",
                "{{ x.getClass }}", "{{ l.stream }}", "{{ l.append }}")) {
            assertEquals("", render(walk, Map.of("x", "a", "l", List.of(1))), walk);
        }
        for (String call : List.of("{{ x.getClass() }}", "{{ l.append(1) }}", "{{ d.update(d) }}", "{{ '{0.__class__}'.format(x) }}",
                "{% include 'x' %}", "{% import 'x' as y %}")) {
            refusal(call, Map.of("x", "a", "l", List.of(1), "d", Map.of()));
        }
    }

    @Test
    void anObjectThatIsNoPlainValueIsRefusedWithItsPlace() {
        var failure = refusal("", Map.of("messages", List.of(Map.of("when", Instant.EPOCH))));
        assertTrue(failure.getMessage().startsWith("messages[0].when is a java.time.Instant"), failure.getMessage());
        assertEquals("7 1.5 None",
                render("{{ a }} {{ b[0] }} {{ b[1] }}", Map.of("a", BigInteger.valueOf(7), "b", Arrays.asList(1.5f, null))));
    }

    @Test
    void aGenerationBlockWhoseTextIsMovedIsRefused() {
        String moved = "{% macro f() %}>{% generation %}x{% endgeneration %}{% endmacro %}{{ f() }}";
        assertTrue(refusal(moved, Map.of()).getMessage().contains("move it out"));
        assertEquals(List.of(new Span(0, 1)), ChatTemplate.parse(moved.replace(">", "")).renderContext(Map.of(), Clock.systemUTC())
                .assistantSpans());
    }
}
