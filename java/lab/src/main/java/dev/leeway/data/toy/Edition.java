package dev.leeway.data.toy;

import dev.leeway.LeewayException;
import dev.leeway.data.Draws;
import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;

/**
 * One of endlessly many data sets of the toy world. Row {@code i} depends on nothing but the edition, what it is a row of, and {@code i};
 * not on how many are asked for.
 *
 * @param seed of all draws
 * @param tongues the languages, each row in one of them, each as likely
 */
public record Edition(long seed, List<Tongue> tongues) {

    private static final int ROW_BITS = 40;

    /**
     * Takes a copy.
     *
     * @throws LeewayException if there is no language
     */
    public Edition {
        tongues = List.copyOf(tongues);
        if (tongues.isEmpty()) {
            throw LeewayException.usage("toy text needs a language; give at least one of %s", List.of(Tongue.values()));
        }
    }

    /** In all languages. */
    public static Edition of(long seed) {
        return new Edition(seed, List.of(Tongue.values()));
    }

    /** The same in these languages only. */
    public Edition in(Tongue... these) {
        return new Edition(seed, List.of(these));
    }

    /** What data sets share draws: those of one stream differ in what their kind makes of the same people, animals and places. */
    enum Stream { DOCUMENTS, ENCOUNTERS, VALUES, CHATS, PREFERENCES, TASKS }

    /**
     * Somebody who says something by chance.
     *
     * @param draws what decides it
     * @param tongue in which language
     */
    record Teller(Draws draws, Tongue tongue) {}

    <T> List<T> rows(Stream stream, int count, Function<Teller, T> row) {
        return IntStream.range(0, count).mapToObj(i -> row.apply(teller(stream, i))).toList();
    }

    private Teller teller(Stream stream, long index) {
        var draws = new Draws(seed, ((long) stream.ordinal() << ROW_BITS) + index);
        return new Teller(draws, draws.oneOf(tongues));
    }
}
