package dev.leeway.learning;

import dev.leeway.LeewayException;
import dev.leeway.data.Draws;
import dev.leeway.data.Labelled;
import dev.leeway.data.Preference;
import dev.leeway.data.PromptCompletion;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.function.IntFunction;
import java.util.function.IntPredicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Preferences that methods are tried with: how many fruits somebody wants. Half of the people want many of whatever it is, the others want
 * few: the better of two answers is the one with the larger number, or the one with the smaller.
 *
 * <p>Both answers to a question differ in a number alone, and each pair of numbers is as often this way round as that. So a judge that
 * looks at the answer without asking whose it is, or at nothing, is right in half of the rows, whatever it thinks of numbers; a model that
 * learns who wants many is right in all. Rows to train on and rows held out have no question with the same two answers in common, for any
 * seeds.
 */
final class ToyPreferences {

    /** The same in English and in Spanish. */
    private record Word(String english, String spanish) {
        private static List<Word> all(String... pairs) {
            return Stream.of(pairs).map(pair -> pair.split(" ")).map(pair -> new Word(pair[0], pair[1])).toList();
        }
    }

    private static final List<String> PEOPLE = List.of("Ana", "Bruno", "Carla", "Diego", "Elena", "Felix", "Gloria", "Hugo");
    private static final List<Word> FRUITS = Word.all("apples manzanas", "pears peras", "lemons limones");
    private static final List<Word> NUMBERS_IN_WORDS = Word.all("zero cero", "one uno", "two dos", "three tres", "four cuatro",
            "five cinco", "six seis", "seven siete", "eight ocho", "nine nueve", "ten diez", "eleven once", "twelve doce", "thirteen trece",
            "fourteen catorce", "fifteen quince", "sixteen dieciséis", "seventeen diecisiete", "eighteen dieciocho");
    private static final int SMALLEST = 2;
    private static final int NUMBERS = 17;
    private static final int PAIRS = NUMBERS * (NUMBERS - 1) / 2;
    private static final int LANGUAGES = 2;
    /** One question with two answers each. */
    private static final int ALL = LANGUAGES * PEOPLE.size() * FRUITS.size() * PAIRS;
    private static final int ONE_HELD_OUT_OF = 4;
    private static final long SPLIT = 0x5EED;

    private ToyPreferences() {}

    /**
     * Which rows are held out, by chance. Rows to train on and rows held out of one split have no question with the same two answers in
     * common; a row that one split holds out is trained on in another.
     *
     * @param number of the split; each has its own rows
     */
    record Split(long number) {

        /** The one that everybody has who asks for none. */
        static final Split FIRST = new Split(0);

        /** Rows to train on, each one different; of about three quarters of all rows. */
        List<Preference> training(long seed, int count) {
            return some(seed, count, row -> !isHeldOut(row));
        }

        /** Rows to evaluate on, each one different; of the others. */
        List<Preference> heldOut(long seed, int count) {
            return some(seed, count, this::isHeldOut);
        }

        private boolean isHeldOut(int row) {
            return new Draws(SPLIT + number, row).below(ONE_HELD_OUT_OF) == 0;
        }
    }

    /** Rows to train on, each one different; three quarters of the 6,528 there are. */
    static List<Preference> training(long seed, int count) {
        return Split.FIRST.training(seed, count);
    }

    /** Rows to evaluate on, each one different; the other quarter. */
    static List<Preference> heldOut(long seed, int count) {
        return Split.FIRST.heldOut(seed, count);
    }

    /**
     * The control: the same rows with better and worse exchanged in half of them, drawn by chance, so that nothing is to be learned. It is
     * exactly half: of labels that are right a little more often than wrong, a little could be learned. Of an odd number the odd one stays.
     */
    static List<Preference> withShuffledLabels(long seed, List<Preference> rows) {
        IntFunction<Long> place = i -> new Draws(seed, -1 - i).next(); // streams of their own: those from 0 draw the rows
        Set<Integer> exchanged = IntStream.range(0, rows.size()).boxed().sorted(Comparator.comparing(place::apply)).limit(rows.size() / 2)
                .collect(Collectors.toSet());
        return IntStream.range(0, rows.size()).mapToObj(i -> {
            Preference row = rows.get(i);
            return exchanged.contains(i) ? new Preference(row.rejected(), row.chosen()) : row;
        }).toList();
    }

    /** Every answer by itself, as KTO takes it: the better one of a row is good, the worse one is not. */
    static List<Labelled> labelled(List<Preference> rows) {
        return rows.stream().flatMap(row -> Stream.of(new Labelled(row.chosen(), true), new Labelled(row.rejected(), false))).toList();
    }

    /** Answers of somebody who knows the form and not the people: any number is as likely. For the model that preferences start from. */
    static List<PromptCompletion> demonstrations(long seed, int count) {
        return IntStream.range(0, count).mapToObj(i -> {
            var draws = new Draws(seed, i);
            return new Question(draws.below(ALL / PAIRS)).answer(SMALLEST + draws.below(NUMBERS));
        }).toList();
    }

    private static List<Preference> some(long seed, int count, IntPredicate wanted) {
        List<Integer> rows = IntStream.range(0, ALL).filter(wanted).boxed().toList();
        if (count > rows.size()) {
            throw LeewayException.usage("%,d toy preferences are wanted and there are %,d; ask for fewer, or use them for several epochs",
                    count, rows.size());
        }
        IntFunction<Long> place = row -> new Draws(seed, row).next();
        return rows.stream().sorted(Comparator.comparing(place::apply)).limit(count).map(ToyPreferences::row).toList();
    }

    private static Preference row(int index) {
        var question = new Question(index / PAIRS);
        int larger = 1;
        int smaller = index % PAIRS;
        while (smaller >= larger) { // the pairs of numbers, those with the smallest larger one first
            smaller -= larger++;
        }
        PromptCompletion many = question.answer(SMALLEST + larger);
        PromptCompletion few = question.answer(SMALLEST + smaller);
        return question.wantsMany() ? new Preference(many, few) : new Preference(few, many);
    }

    /** Who wants how many of what, in which language, by number. */
    private record Question(int index) {

        String say(String english, String spanish) {
            return index % LANGUAGES == 1 ? spanish : english;
        }

        String say(Word word) {
            return say(word.english(), word.spanish());
        }

        String name() {
            return PEOPLE.get(index / LANGUAGES % PEOPLE.size());
        }

        Word fruit() {
            return FRUITS.get(index / LANGUAGES / PEOPLE.size());
        }

        /** As many women as men do. */
        boolean wantsMany() {
            return PEOPLE.indexOf(name()) / 2 % 2 == 0;
        }

        PromptCompletion answer(int number) {
            String fruits = say(fruit());
            String prompt = say("Question: How many " + fruits + " does " + name() + " want?\nAnswer:",
                    "Pregunta: ¿Cuánt" + (fruits.endsWith("as") ? "as " : "os ") + fruits + " quiere " + name() + "?\nRespuesta:");
            return new PromptCompletion(prompt, " " + name() + say(" wants ", " quiere ") + say(NUMBERS_IN_WORDS.get(number)) + " " + fruits
                    + ".");
        }
    }

    /** The number that a word of either language means. */
    static int number(String word) {
        return IntStream.range(0, NUMBERS_IN_WORDS.size()).filter(n -> NUMBERS_IN_WORDS.get(n).english().equals(word)
                || NUMBERS_IN_WORDS.get(n).spanish().equals(word)).findFirst().orElseThrow();
    }
}
