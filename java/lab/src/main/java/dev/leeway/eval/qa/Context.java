package dev.leeway.eval.qa;

import dev.leeway.LeewayException;
import dev.leeway.eval.Options;
import dev.leeway.eval.Setting;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * How a question is asked.
 *
 * @param belief what is said about the answer
 * @param circumstance what is said before it
 */
record Context(Belief belief, Circumstance circumstance) {

    static final Options.Known OPTION = new Options.Known("contexts", Setting.UNMODIFIED, "all 28, or some with commas between; "
        + "original/* are the nine of a template, */sad the three of a circumstance");
    /** The question itself. */
    static final Context PLAIN = new Context(Belief.ORIGINAL, Circumstance.UNMODIFIED);

    private static final String ANY = "*";

    /** {@code incorrect/sad}. */
    String name() {
        return belief.word() + "/" + circumstance.word();
    }

    /** The 28 of the study: nine circumstances under each template, but the neutral one under none. */
    static List<Context> all() {
        return Arrays.stream(Belief.values()).flatMap(belief -> Arrays.stream(Circumstance.values())
            .map(circumstance -> new Context(belief, circumstance)))
            .filter(one -> one.belief != Belief.ORIGINAL_NEUTRAL || one.circumstance == Circumstance.UNMODIFIED).toList();
    }

    /** The one of a name that {@link #name()} gave. */
    static Context named(String name) {
        return all().stream().filter(one -> one.name().equals(name)).findFirst().orElseThrow(() -> LeewayException.usage(
            "there is no context '%s'; there are %s", name, all().stream().map(Context::name).collect(Collectors.joining(", "))));
    }

    /** Those that a run asks for, in the order of {@link #all()}. */
    static List<Context> chosen(Options options) {
        var text = options.text(OPTION.name());
        var wanted = text.equals("all") ? all() : Stream.of(text.split(",")).flatMap(Context::matching).toList();
        return all().stream().filter(wanted::contains).toList();
    }

    private static Stream<Context> matching(String pattern) {
        var parts = pattern.strip().split("/", 2);
        var found = all().stream().filter(one -> parts.length == 2 && (parts[0].equals(ANY) || parts[0].equals(one.belief.word()))
            && (parts[1].equals(ANY) || parts[1].equals(one.circumstance.word()))).toList();
        return found.isEmpty() ? Stream.of(named(pattern.strip())) : found.stream();
    }
}
