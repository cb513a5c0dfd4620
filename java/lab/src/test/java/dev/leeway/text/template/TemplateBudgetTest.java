package dev.leeway.text.template;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.LeewayException;
import java.lang.management.ManagementFactory;
import java.time.Clock;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Templates that grow by themselves are refused early and cheaply; conversations that are long are not refused. */
final class TemplateBudgetTest {

    /** Four times what the budget estimates: builders double, and what is refused was partly made. */
    private static final long MOST_BYTES = 4 * Limits.DEFAULT.bytes();

    private static final com.sun.management.ThreadMXBean THREADS =
            (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();

    private static String render(String template, Map<String, ?> variables) {
        return ChatTemplate.parse(template).renderContext(variables, Clock.systemUTC()).text();
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}",
        "{% set s = 'ab' * 100000 %}{% for i in range(99999) %}{{ 'c' in s }}{% endfor %}",
        "{% set s = 'a' * 200000 %}{{ ('a' * 100000 ~ 'b') in s }}{{ s.count('a' * 99999 ~ 'b') }}",
        "{% set n = namespace(v=1) %}{% for i in range(70) %}{% set n.v = [n.v, n.v] %}{% endfor %}{{ n.v }}",
        "{% set n = namespace(v=1, w=1) %}{% for i in range(70) %}{% set n.v = [n.v, n.v] %}{% set n.w = [n.w, n.w] %}{% endfor %}"
                + "{{ n.v == n.w }}",
        "{% set n = namespace(v=1) %}{% for i in range(9999) %}{% set n.v = [n.v] %}{% endfor %}",
        "{% set n = namespace(v=[1]) %}{% for i in range(9999) %}{% set n.v = n.v|map('string') %}{% endfor %}",
        "{% set n = namespace() %}{% set n.v = n %}{{ n }}",
        "{% set n = namespace(v=3) %}{% for i in range(99) %}{% set n.v = n.v * n.v %}{% endfor %}{{ n.v }}",
        "{% macro f(x) %}{{ f([x]) }}{% endmacro %}{{ f(1) }}",
        "{{ '%*d' % (2000000000, 1) }}", "{{ '%.2000000000f' % 1.5 }}", 
        "{{ 'a'.ljust(10 ** 12) }}", "{{ ('x' * 1000).replace('', 'y' * 99999) }}",
        "{{ ('ﬃ' * 400000).upper() }}", "{{ [[1] * 1000] * 1000 * 1000 }}", "{{ messages|sort(attribute='a,' * 9999) }}"
    })
    void growthIsRefusedBeforeItCosts(String template) {
        assertThrows(LeewayException.class, () -> render(template, Map.of("messages", List.of(Map.of("a", 1)))));
        long before = THREADS.getCurrentThreadAllocatedBytes();
        assertThrows(LeewayException.class, () -> render(template, Map.of("messages", List.of(Map.of("a", 1)))));
        long allocated = THREADS.getCurrentThreadAllocatedBytes() - before;
        assertTrue(allocated < MOST_BYTES, () -> allocated + " bytes");
    }

    @ParameterizedTest
    @ValueSource(strings = {"(", "[", "{'a':", "-", "not ", "x if x else ", "1 + ", "1 ~ ", "x.a", "x|e", "[1, ", "'a' "})
    void sourceThatNestsOrGoesOnWithoutEndIsRefused(String piece) {
        var failure = assertThrows(LeewayException.class, () -> ChatTemplate.parse("{{ 1 " + piece.repeat(30_000) + " }}"));
        assertEquals(LeewayException.Kind.DATA, failure.kind());
        assertThrows(LeewayException.class, () -> ChatTemplate.parse("{{ " + piece.repeat(30_000) + "1 }}"));
        assertThrows(LeewayException.class, () -> ChatTemplate.parse("{% if x %}".repeat(20_000)));
    }

    @Test
    void aLongConversationIsRenderedWhole() {
        String content = "word ".repeat(2_000);
        List<Map<String, String>> messages = Collections.nCopies(1_000, Map.of("role", "user", "content", content));
        String template = "{% for m in messages %}{{ '<' + m.role + '>' + (m.content | trim).split('</x>')[-1] ~ '\\n' }}"
                + "{% if messages|length > loop.index and 'w' in m.content %}{{ m|tojson|length }}{% endif %}{% endfor %}";
        assertTrue(ChatTemplate.parse(template).render(messages, RenderOptions.DEFAULT).text().length() > 9_000_000);
    }

    @Test
    void limitsCanBeSetForATemplate() {
        var limits = new Limits(100, 0, 1_000_000, 0, 100);
        ChatTemplate template = ChatTemplate.parse("{% for i in range(n) %}{{ i }}{% endfor %}", limits);
        assertEquals("0123456789", template.renderContext(Map.of("n", 10), Clock.systemUTC()).text());
        assertThrows(LeewayException.class, () -> template.renderContext(Map.of("n", 1_000), Clock.systemUTC()));
    }
}
