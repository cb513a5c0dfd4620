package dev.leeway.text.template;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.LeewayException;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Templates with pieces lost, doubled, exchanged or from elsewhere: refused with a sentence or rendered, and nothing else. */
final class TemplateMutationTest {

    private static final int MUTANTS = 20_000;
    private static final List<String> SEEDS = List.of(
            "{%- for m in messages if m.role != 'x' %}<|{{ m['role'] }}|>{{ m.content | trim }}{% endfor -%}{{ add ~ 1.5 }}",
            "{% macro f(a, b='x') %}{{ a }}{{ varargs }}{{ caller() }}{% endmacro %}{% call f(1, 2) %}{{ loop }}{% endcall %}",
            "{% set ns = namespace(n=0) %}{% for a, b in d.items() recursive %}{% set ns.n = ns.n + loop.index %}{{ loop([]) }}"
                    + "{% endfor %}",
            "{{ d | tojson(indent=2) }}{{ '%5.2f|%s' % (1.5, 'y') }}{{ '{:>{}}|{a[k]}'.format(1, 9, a=d) }}{{ messages[::-1][0:1] }}",
            "{% raw %}{{ x }}{% endraw %}{# c #}{% filter upper|replace('A', 'b') %}a{% endfilter %}{% set t %}x{% endset %}{{ t }}",
            "{% if a is defined and not b or c in [1, (2, 3)] %}x{% elif 1 < 2 %}{% generation %}y{% endgeneration %}{% else %}{% endif %}",
            "{{ messages|selectattr('role', 'equalto', 'user')|map(attribute='content')|sort|unique|batch(2)|list }}{{ -2 ** 2 // 3 % 4 }}",
            "{% with x = range(1, 9, 2) %}{{ x[1:] }}{{ 'a b'.split()[-1].center(9, '*') }}{{ strftime_now('%d %b') }}{% endwith %}");

    private final Random random = new Random(20_240_726);
    private int rendered;

    @Test
    void aMutantIsRenderedOrRefusedWithASentence() {
        for (int i = 0; i < MUTANTS; i++) {
            attempt(mutant(SEEDS.get(i % SEEDS.size())));
        }
        int least = MUTANTS / 20;
        assertTrue(rendered > least && rendered < MUTANTS - least, () -> rendered + " of " + MUTANTS + " mutants could be rendered");
    }

    private void attempt(String template) {
        try {
            ChatTemplate.parse(template).renderContext(
                    Map.of("messages", List.of(Map.of("role", "user", "content", " a 😀 "), Map.of("role", "tool", "content", "b")),
                            "d", Map.of("k", 1, "l", Arrays.asList(1.5, null, true))),
                    Clock.fixed(Instant.EPOCH, ZoneOffset.UTC));
            rendered++;
        } catch (LeewayException refusal) {
            assertTrue(refusal.kind() == LeewayException.Kind.DATA && !refusal.getMessage().isBlank(), template);
        } catch (RuntimeException | Error bug) {
            throw new AssertionError(template, bug);
        }
    }

    private String mutant(String seed) {
        List<String> pieces = new ArrayList<>(List.of(seed.split("(?<=\\W)|(?=\\W)")));
        for (int changes = 1 + random.nextInt(3); changes > 0; changes--) {
            int at = random.nextInt(pieces.size());
            switch (random.nextInt(5)) {
                case 0 -> pieces.set(at, "");
                case 1 -> pieces.add(at, pieces.get(random.nextInt(pieces.size())));
                case 2 -> pieces.set(at, pieces.get(random.nextInt(pieces.size())));
                case 3 -> pieces.set(at, foreign());
                default -> pieces.add(at, foreign());
            }
        }
        return String.join("", pieces);
    }

    private String foreign() {
        String[] donor = SEEDS.get(random.nextInt(SEEDS.size())).split("(?<=\\W)|(?=\\W)");
        return donor[random.nextInt(donor.length)];
    }
}
