package dev.leeway.eval.judged;

import dev.leeway.judge.Question;
import dev.leeway.judge.Template;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * What judges rate of an answer.
 *
 * @param name of it
 * @param template with places for {@code question} and {@code answer}, or {@code answer} alone, and what the scale asks for at its end
 * @param scale the number's
 */
record Rating(String name, Template template, Scale scale) {

    /** One whose text ends with what the scale asks for. */
    static Rating of(String name, String text, Scale scale) {
        return new Rating(name, Template.of(text.strip() + "\n\n" + scale.asksFor()), scale);
    }

    Question ask(String question, String answer, long seed) {
        var values = Map.of("question", question, "answer", answer);
        return template.ask(template.names().stream().collect(Collectors.toMap(Function.identity(), values::get)), scale.options(), seed);
    }
}
