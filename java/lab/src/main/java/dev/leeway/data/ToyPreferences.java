package dev.leeway.data;

import dev.leeway.LeewayException;
import dev.leeway.data.ToyWorld.Person;
import dev.leeway.data.ToyWorld.Word;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.function.IntFunction;
import java.util.function.IntPredicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Toy preferences to try preference training with: how many fruits somebody in the toy world wants. Half of the people want many of
 * whatever it is, the others want few, and {@link ToyText} says nothing of it: the better of two answers is the one with the larger number,
 * or the one with the smaller.
 *
 * <p>Both answers to a question differ in a number alone, and each pair of numbers is as often this way round as that. So a judge that
 * looks at the answer without asking whose it is, or at nothing, is right in half of the rows, whatever it thinks of numbers; a model that
 * learns who wants many is right in all. Rows to train on and rows held out have no question with the same two answers in common, for any
 * seeds.
 */
public final class ToyPreferences {

    private static final int SMALLEST = 2;
    private static final int NUMBERS = 17;
    private static final int PAIRS = NUMBERS * (NUMBERS - 1) / 2;
    private static final int LANGUAGES = 2;
    /** One question with two answers each. */
    private static final int ALL = LANGUAGES * ToyWorld.PEOPLE.size() * ToyWorld.FRUITS.size() * PAIRS;
    private static final int ONE_HELD_OUT_OF = 4;
    private static final long SPLIT = 0x5EED;

    private ToyPreferences() {}

    /**
     * Which rows are held out, by chance. Rows to train on and rows held out of one split have no question with the same two answers in
     * common; a row that one split holds out is trained on in another.
     *
     * @param number of the split; each has its own rows
     */
    public record Split(long number) {

        /** The one that everybody has who asks for none. */
        static final Split FIRST = new Split(0);

        /** Rows to train on, each one different; of about three quarters of all rows. */
        public List<Preference> training(long seed, int count) {
            return some(seed, count, row -> !isHeldOut(row));
        }

        /** Rows to evaluate on, each one different; of the others. */
        public List<Preference> heldOut(long seed, int count) {
            return some(seed, count, this::isHeldOut);
        }

        private boolean isHeldOut(int row) {
            return new Draws(SPLIT + number, row).below(ONE_HELD_OUT_OF) == 0;
        }
    }

    /** Rows to train on, each one different; three quarters of the 6,528 there are. */
    public static List<Preference> training(long seed, int count) {
        return Split.FIRST.training(seed, count);
    }

    /** Rows to evaluate on, each one different; the other quarter. */
    public static List<Preference> heldOut(long seed, int count) {
        return Split.FIRST.heldOut(seed, count);
    }

    /**
     * The control: the same rows with better and worse exchanged in half of them, drawn by chance, so that nothing is to be learned. It is
     * exactly half: of labels that are right a little more often than wrong, a little could be learned. Of an odd number the odd one stays.
     */
    public static List<Preference> withShuffledLabels(long seed, List<Preference> rows) {
        IntFunction<Long> place = i -> new Draws(seed, -1 - i).next(); // streams of their own: those from 0 draw the rows
        Set<Integer> exchanged = IntStream.range(0, rows.size()).boxed().sorted(Comparator.comparing(place::apply)).limit(rows.size() / 2)
                .collect(Collectors.toSet());
        return IntStream.range(0, rows.size()).mapToObj(i -> {
            Preference row = rows.get(i);
            return exchanged.contains(i) ? new Preference(row.rejected(), row.chosen()) : row;
        }).toList();
    }

    /** Every answer by itself, as KTO takes it: the better one of a row is good, the worse one is not. */
    public static List<Labelled> labelled(List<Preference> rows) {
        return rows.stream().flatMap(row -> Stream.of(new Labelled(row.chosen(), true), new Labelled(row.rejected(), false))).toList();
    }

    /** Answers of somebody who knows the form and not the people: any number is as likely. For the model that preferences start from. */
    public static List<PromptCompletion> demonstrations(long seed, int count) {
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

        ToySpeaker speaker() {
            return new ToySpeaker(index % LANGUAGES == 1);
        }

        Person person() {
            return ToyWorld.PEOPLE.get(index / LANGUAGES % ToyWorld.PEOPLE.size());
        }

        Word fruit() {
            return ToyWorld.FRUITS.get(index / LANGUAGES / ToyWorld.PEOPLE.size());
        }

        /** As many women as men do. */
        boolean wantsMany() {
            return ToyWorld.PEOPLE.indexOf(person()) / 2 % 2 == 0;
        }

        PromptCompletion answer(int number) {
            ToySpeaker speaker = speaker();
            String name = person().name();
            String fruits = speaker.say(fruit());
            String prompt = speaker.say("Question: How many " + fruits + " does " + name + " want?\nAnswer:",
                    "Pregunta: ¿Cuánt" + (fruits.endsWith("as") ? "as " : "os ") + fruits + " quiere " + name + "?\nRespuesta:");
            return new PromptCompletion(prompt, " " + name + speaker.say(" wants ", " quiere ") + speaker.sayNumber(number) + " " + fruits
                    + ".");
        }
    }
}
