package dev.leeway.eval.rubric;

import dev.leeway.LeewayException;
import dev.leeway.eval.Options;
import dev.leeway.eval.Request;
import java.util.List;
import java.util.Locale;
import java.util.TreeSet;
import java.util.function.Predicate;

/** What a run sets of every rubric. */
final class RubricOptions {

    static final Options.Known PARSE = new Options.Known("parse", "drop",
        "what a judge's reply without a grade is: drop = missing, zero = not met, as before August 2026");
    static final Options.Known LANGUAGE = new Options.Known("language", "all",
        "questions of one language alone, as the data names it; en = English, non-en = all others");
    static final Options.Known TEMPERATURE = new Options.Known("temperature", "1",
        "of the tested model; the protocol leaves it to its host");
    static final Options.Known LENGTH = new Options.Known("max_new_tokens", "1024", "that an answer has at most");

    private static final String ALL = "all";
    private static final String OTHERS = "non-en";
    private static final int LONGEST = 1 << 20;

    private RubricOptions() {
    }

    static RubricJudging.Ungraded ungraded(Options options) {
        return RubricJudging.Ungraded.valueOf(options.choice(PARSE.name(), "drop", "zero").toUpperCase(Locale.ROOT));
    }

    static Request.Sampling sampling(Options options) {
        return Request.Sampling.at(options.number(TEMPERATURE.name(), 0, 10), options.count(LENGTH.name(), 1, LONGEST));
    }

    /** The name of a language: English has one name, however the data spells it. */
    static String language(String named) {
        return named.equalsIgnoreCase("english") || named.equalsIgnoreCase(RubricItem.ENGLISH) ? RubricItem.ENGLISH : named;
    }

    /**
     * Those items that the language option leaves.
     *
     * @throws LeewayException if it leaves none, with the languages that there are
     */
    static List<RubricItem> inLanguage(List<RubricItem> items, Options options) {
        var wanted = options.text(LANGUAGE.name());
        Predicate<RubricItem> keeps = switch (wanted) {
            case ALL -> _ -> true;
            case OTHERS -> item -> !item.language().equals(RubricItem.ENGLISH);
            default -> item -> item.language().equalsIgnoreCase(language(wanted));
        };
        var left = items.stream().filter(keeps).toList();
        if (left.isEmpty()) {
            var there = new TreeSet<String>();
            items.forEach(item -> there.add(item.language()));
            throw LeewayException.usage("%s.%s: no question is in '%s'; give %s, %s or one of %s", options.benchmark(), LANGUAGE.name(),
                wanted, ALL, OTHERS, String.join(", ", there));
        }
        return left;
    }
}
