package dev.leeway.data;

import dev.leeway.data.ToyWorld.Animal;
import dev.leeway.data.ToyWorld.Person;
import dev.leeway.data.ToyWorld.Word;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import java.util.stream.IntStream;

/**
 * Toy text to try training with: English and Spanish sentences about a few people, their pets, animals and sums. The world is consistent
 * (Ana lives in Lima wherever she is mentioned), so a model of a million parameters learns it in a minute and its samples can be judged by
 * eye.
 *
 * <p>Text {@code i} is a pure function of seed and {@code i} (SplitMix64), the same on every machine and however many are asked for.
 */
public final class ToyText {

    private ToyText() {}

    /** Documents of two to five sentences, for pretraining. */
    public static List<String> documents(long seed, int count) {
        return texts(seed, count, ToyText::document);
    }

    /**
     * Questions and answers about the same world, for tuning: the prompt {@code "Question: …\nAnswer:"} (in Spanish
     * {@code "Pregunta: …\nRespuesta:"}), the completion the answer with a space before it.
     */
    public static List<PromptCompletion> chatRows(long seed, int count) {
        return texts(seed, count, ToyText::chatRow);
    }

    private static <T> List<T> texts(long seed, int count, BiFunction<Draws, ToySpeaker, T> text) {
        return IntStream.range(0, count).mapToObj(i -> {
            var draws = new Draws(seed, i);
            return text.apply(draws, new ToySpeaker(draws.below(2) == 1));
        }).toList();
    }

    private static String document(Draws draws, ToySpeaker speaker) {
        return switch (draws.below(8)) {
            case 0, 1, 2 -> portrait(draws, speaker);
            case 3, 4 -> animal(draws, speaker);
            case 5, 6 -> sums(draws);
            default -> gift(draws, speaker);
        };
    }

    private static String portrait(Draws draws, ToySpeaker speaker) {
        Person person = draws.oneOf(ToyWorld.PEOPLE);
        List<String> facts = new ArrayList<>(List.of(
                speaker.works(person, draws.below(2) == 0),
                speaker.eats(person, draws.below(2) == 0),
                speaker.hasPet(person, draws.below(2) == 0) + " " + speaker.petIsCalled(person)));
        return speaker.lives(person) + " " + someOf(facts, draws);
    }

    private static String animal(Draws draws, ToySpeaker speaker) {
        Animal animal = draws.oneOf(ToyWorld.ANIMALS);
        return someOf(new ArrayList<>(List.of(speaker.speaks(animal), speaker.eats(animal), speaker.walks(animal))), draws);
    }

    private static String sums(Draws draws) {
        List<String> lines = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            lines.add(sum(draws.below(10), draws.below(10)));
        }
        return String.join(" ", lines);
    }

    private static String gift(Draws draws, ToySpeaker speaker) {
        Person owner = draws.oneOf(ToyWorld.PEOPLE);
        int next = (ToyWorld.PEOPLE.indexOf(owner) + 1 + draws.below(ToyWorld.PEOPLE.size() - 1)) % ToyWorld.PEOPLE.size();
        String giver = ToyWorld.PEOPLE.get(next).name();
        Word fruit = draws.oneOf(ToyWorld.FRUITS);
        int has = 2 + draws.below(8);
        int gets = 2 + draws.below(8);
        String whom = owner.female() ? "her" : "him";
        return String.format(speaker.say("%1$s has %3$s %6$s. %2$s gives %7$s %4$s %6$s. Now %1$s has %5$s %6$s.",
                        "%1$s tiene %3$s %6$s. %2$s le da %4$s %6$s. Ahora %1$s tiene %5$s %6$s."), owner.name(), giver,
                speaker.sayNumber(has), speaker.sayNumber(gets), speaker.sayNumber(has + gets), speaker.say(fruit), whom);
    }

    private static String sum(int a, int b) {
        return a + " + " + b + " = " + (a + b) + ".";
    }

    /** Two or all of the sentences, in any order. */
    private static String someOf(List<String> sentences, Draws draws) {
        int count = 2 + draws.below(sentences.size() - 1);
        for (int i = 0; i < count; i++) {
            sentences.add(i, sentences.remove(i + draws.below(sentences.size() - i)));
        }
        return String.join(" ", sentences.subList(0, count));
    }

    private static PromptCompletion chatRow(Draws draws, ToySpeaker speaker) {
        Person person = draws.oneOf(ToyWorld.PEOPLE);
        Animal animal = draws.oneOf(ToyWorld.ANIMALS);
        String name = person.name();
        String pet = speaker.say(person.pet().animal().name());
        String the = speaker.the(animal);
        int a = draws.below(10);
        int b = draws.below(10);
        return switch (draws.below(10)) {
            case 0 -> answer(speaker, "Where does " + name + " live?", "¿Dónde vive " + name + "?", speaker.lives(person));
            case 1 -> answer(speaker, "What does " + name + " do?", "¿Qué hace " + name + "?", speaker.works(person, true));
            case 2 -> answer(speaker, "What does " + name + " eat?", "¿Qué come " + name + "?", speaker.eats(person, true));
            case 3 -> answer(speaker, "What pet does " + name + " have?", "¿Qué mascota tiene " + name + "?",
                    speaker.hasPet(person, true));
            case 4 -> answer(speaker, "What is the name of " + name + "'s " + pet + "?",
                    "¿Cómo se llama " + speaker.the(person.pet().animal()) + " de " + name + "?", speaker.petIsCalled(person));
            case 5 -> answer(speaker, "What does " + the + " say?", "¿Qué dice " + the + "?", speaker.speaks(animal));
            case 6 -> answer(speaker, "What does " + the + " eat?", "¿Qué come " + the + "?", speaker.eats(animal));
            case 7 -> answer(speaker, "How many legs does " + the + " have?", "¿Cuántas patas tiene " + the + "?", speaker.walks(animal));
            default -> answer(speaker, "What is " + a + " + " + b + "?", "¿Cuánto es " + a + " + " + b + "?", sum(a, b));
        };
    }

    private static PromptCompletion answer(ToySpeaker speaker, String question, String inSpanish, String answer) {
        String prompt = speaker.say("Question: " + question + "\nAnswer:", "Pregunta: " + inSpanish + "\nRespuesta:");
        return new PromptCompletion(prompt, " " + answer);
    }
}
