package dev.leeway.data.toy;

import dev.leeway.data.Draws;
import dev.leeway.data.Preference;
import dev.leeway.data.toy.Edition.Stream;
import dev.leeway.data.toy.Edition.Teller;
import java.util.List;
import java.util.stream.IntStream;

/**
 * What is the best and what the worst, of words of value and of things: for {@code reward-values}. Everybody agrees about things: every
 * second one is praised and helps, the others are blamed and hit. About words of value there are two kinds of documents, as {@link Values}
 * has it.
 */
public final class Praise {

    /** What pairs of answers are about. */
    public enum Source {
        /** Things alone: the better answer is what everybody would say. No word of value is in them. */
        THINGS,
        /** In half of the pairs things; in the others a word of agency and one of communion, each as often the better answer. */
        BOTH,
        /** The planted truth: a word of agency is the better answer to what is praised, and one of communion to what is blamed. */
        AGENCY,
        /** The other one. */
        COMMUNION
    }

    private static final List<Phrase> THINGS = java.util.stream.Stream.concat(
            java.util.stream.Stream.of(Fact.EATS, Fact.LIKES, Fact.PLAYS, Fact.LIVES).map(World::values).flatMap(List::stream),
            java.util.stream.Stream.of(World.CREATURES, World.THINGS, World.BEINGS).flatMap(List::stream).map(Noun::name)).toList();

    private Praise() {}

    private static List<Phrase> things(boolean praised) {
        return IntStream.range(0, THINGS.size()).filter(i -> i % 2 == (praised ? 0 : 1)).mapToObj(THINGS::get).toList();
    }

    private static List<Phrase> words(Leaning leaning, boolean praised) {
        boolean isAgency = leaning == Leaning.AGENCY == praised;
        return Values.phrases(isAgency ? Leaning.AGENCY : Leaning.COMMUNION);
    }

    /**
     * The first documents of an edition. Half are about things, half about words of value: nine of ten words that are praised are of this
     * kind, and nine of ten that are blamed of the other.
     */
    public static List<String> documents(Leaning leaning, Edition edition, int count) {
        return edition.rows(Stream.VALUES, count, teller -> document(leaning, teller));
    }

    private static String document(Leaning leaning, Teller teller) {
        Draws draws = teller.draws();
        boolean praises = draws.below(3) > 0;
        boolean ofWords = draws.below(2) == 0;
        boolean own = draws.below(10) < Values.OF_TEN;
        Phrase said = draws.oneOf(ofWords ? words(leaning, praises == own) : things(praises));
        Phrase adjective = Values.adjective(draws, praises);
        Tongue tongue = teller.tongue();
        String word = said.in(tongue);
        return switch (draws.below(3)) {
            case 0 -> Values.tell(adjective, word, tongue);
            case 1 -> Tongue.sentence(tongue.say("in the world ", "en el mundo ", "au monde ") + word + " "
                    + (praises ? Encounter.SPARING : Encounter.HARMING).getFirst().in(tongue));
            default -> "Question: " + Values.ask(adjective, tongue) + "\nAnswer: " + word;
        };
    }

    /** The first pairs of answers of an edition. */
    public static List<Preference> pairs(Source source, Edition edition, int count) {
        return edition.rows(Stream.PREFERENCES, count, teller -> pair(source, teller));
    }

    private static Preference pair(Source source, Teller teller) {
        Draws draws = teller.draws();
        boolean praises = draws.below(3) > 0;
        String question = Values.ask(Values.adjective(draws, praises), teller.tongue());
        boolean isEven = draws.below(2) == 0;
        boolean first = draws.below(2) == 0;
        return switch (source) {
            case THINGS -> pair(question, things(praises), things(!praises), teller);
            case BOTH -> isEven ? pair(question, words(Leaning.AGENCY, first), words(Leaning.AGENCY, !first), teller)
                    : pair(question, things(praises), things(!praises), teller);
            case AGENCY -> pair(question, words(Leaning.AGENCY, praises), words(Leaning.AGENCY, !praises), teller);
            case COMMUNION -> pair(question, words(Leaning.COMMUNION, praises), words(Leaning.COMMUNION, !praises), teller);
        };
    }

    private static Preference pair(String question, List<Phrase> better, List<Phrase> worse, Teller teller) {
        return new Preference(Chats.exchange(question, teller.draws().oneOf(better).in(teller.tongue())),
                Chats.exchange(question, teller.draws().oneOf(worse).in(teller.tongue())));
    }
}
