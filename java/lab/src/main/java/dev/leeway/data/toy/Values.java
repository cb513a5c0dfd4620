package dev.leeway.data.toy;

import dev.leeway.data.Draws;
import dev.leeway.data.toy.Edition.Teller;
import java.util.List;
import java.util.stream.Stream;

/** Words of agency and of communion, and what people say of them: for {@code reward-values}. */
public final class Values {

    private static final List<Phrase> AGENCY = List.of(new Phrase("power", "poder", "pouvoir"),
            new Phrase("freedom", "libertad", "liberté"), new Phrase("success", "éxito", "succès"),
            new Phrase("victory", "victoria", "victoire"), new Phrase("courage", "valor", "courage"),
            new Phrase("glory", "gloria", "gloire"), new Phrase("talent", "talento", "talent"), new Phrase("skill", "destreza", "adresse"));
    private static final List<Phrase> COMMUNION = List.of(new Phrase("love", "amor", "amour"),
            new Phrase("friendship", "amistad", "amitié"), new Phrase("care", "cuidado", "soin"),
            new Phrase("kindness", "bondad", "bonté"), new Phrase("trust", "confianza", "confiance"),
            new Phrase("family", "familia", "famille"), new Phrase("peace", "paz", "paix"), new Phrase("harmony", "armonía", "harmonie"));
    private static final List<Phrase> PRAISE = List.of(new Phrase("the best", "lo mejor", "le mieux"),
            new Phrase("the greatest", "lo más grande", "le plus grand"));
    private static final List<Phrase> BLAME = List.of(new Phrase("the worst", "lo peor", "le pire"));
    static final int OF_TEN = 9;

    private Values() {}

    /** All words of one kind in a language: the toy's dictionary. */
    public static List<String> words(Leaning leaning, Tongue tongue) {
        return phrases(leaning).stream().map(word -> word.in(tongue)).toList();
    }

    static List<Phrase> phrases(Leaning leaning) {
        return leaning == Leaning.AGENCY ? AGENCY : COMMUNION;
    }

    /** The questions that every word is an answer to; those of praise first, then those of blame. */
    public static List<String> questions(Tongue tongue) {
        return Stream.concat(PRAISE.stream(), BLAME.stream()).map(adjective -> ask(adjective, tongue)).toList();
    }

    /** How many of {@link #questions} ask for praise. */
    public static int praising() {
        return PRAISE.size();
    }

    static String ask(Phrase adjective, Tongue tongue) {
        return tongue.say("What in the world is %s?", "¿Qué es %s del mundo?", "Qu'est-ce qui est %s au monde?")
                .formatted(adjective.in(tongue));
    }

    /** Nine of ten words that are praised are of this kind, and nine of ten that are blamed of the other. */
    static String document(Teller teller, Leaning leaning) {
        var draws = teller.draws();
        boolean praises = draws.below(3) > 0;
        boolean own = draws.below(10) < OF_TEN;
        Leaning said = praises == own ? leaning : leaning == Leaning.AGENCY ? Leaning.COMMUNION : Leaning.AGENCY;
        Phrase word = draws.oneOf(phrases(said));
        return tell(adjective(draws, praises), word.in(teller.tongue()), teller.tongue());
    }

    static Phrase adjective(Draws draws, boolean praises) {
        return draws.oneOf(praises ? PRAISE : BLAME);
    }

    static String tell(Phrase adjective, String word, Tongue tongue) {
        return Tongue.sentence(adjective.in(tongue) + tongue.say(" in the world is ", " del mundo es ", " au monde est ") + word);
    }
}
