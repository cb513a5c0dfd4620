package dev.leeway.data.toy;

import java.util.List;
import java.util.stream.Stream;

/**
 * A word with its articles. It begins with a consonant in every language.
 *
 * @param name without an article
 * @param feminineSpanish whether it is feminine in Spanish
 * @param feminineFrench whether it is feminine in French
 */
record Noun(Phrase name, boolean feminineSpanish, boolean feminineFrench) {

    /** Reads {@code frog rana f grenouille f}. */
    static Noun of(String entry) {
        String[] parts = entry.split(" ");
        return new Noun(new Phrase(parts[0], parts[1], parts[3]), parts[2].equals("f"), parts[4].equals("f"));
    }

    static List<Noun> all(String... entries) {
        return Stream.of(entries).map(Noun::of).toList();
    }

    String a(Tongue tongue) {
        return tongue.say("a ", feminineSpanish ? "una " : "un ", feminineFrench ? "une " : "un ") + name.in(tongue);
    }

    String the(Tongue tongue) {
        return tongue.say("the ", feminineSpanish ? "la " : "el ", feminineFrench ? "la " : "le ") + name.in(tongue);
    }

    /** As the object of what is done to somebody: Spanish marks it. */
    String toThe(Tongue tongue) {
        return tongue == Tongue.SPANISH ? (feminineSpanish ? "a la " : "al ") + name.spanish() : the(tongue);
    }
}
