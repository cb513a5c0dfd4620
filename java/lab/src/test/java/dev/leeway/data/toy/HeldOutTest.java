package dev.leeway.data.toy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.data.toy.Item.Kind;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** What items ask about is in no training data, read as text, whoever wrote it; and items don't say their answers. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class HeldOutTest {

    /** So many rows that each combination that may come does, in some data set. */
    private static final int ROWS = 5_000;
    /** From 1 to 12 and at most 6 apart, but for the six pairs of a number and its half. */
    private static final int PROGRAMS = 2 * (11 + 10 + 9 + 8 + 7 + 6) - 6;

    private List<String> training;

    @BeforeAll
    void writeAllTrainingData() {
        training = TrainingTexts.everything(Edition.of(3), ROWS).distinct().toList();
    }

    private Set<String> found(Pattern pattern) {
        return training.stream().flatMap(text -> pattern.matcher(text).results()).map(match -> match.group(1) + " " + match.group(2))
                .collect(Collectors.toSet());
    }

    private static Set<String> asked(Kind kind, Pattern pattern) {
        return Items.of(kind).stream().map(item -> {
            Matcher matcher = pattern.matcher(item.prompt() + "\n" + item.answer());
            assertTrue(matcher.find(), item.toString());
            return matcher.group(1) + " " + matcher.group(2);
        }).collect(Collectors.toSet());
    }

    /** That training has most of the other combinations shows that the pattern sees them. */
    private void disjoint(Kind kind, Pattern pattern, int trained) {
        Set<String> held = asked(kind, pattern);
        Set<String> seen = found(pattern);
        assertEquals(trained, seen.size());
        seen.retainAll(held);
        assertEquals(Set.of(), seen);
    }

    @Test
    void noSumOfAnItemIsInTraining() {
        disjoint(Kind.SUM, Pattern.compile("(\\d+) \\+ (\\d+)"), 54);
    }

    @Test
    void noProgramOfAnItemIsInTraining() {
        var writing = Pattern.compile("(?:from|de) (\\d+) (?:to|a|à) (\\d+)\\.");
        int asked = Items.of(Kind.WRITE).size() / 3;
        disjoint(Kind.WRITE, writing, PROGRAMS - asked);
        disjoint(Kind.RUN, Pattern.compile("start (\\d+ (?:add|take)) (\\d+) print"), PROGRAMS - asked);
        disjoint(Kind.WRITE, Pattern.compile("start (\\d+)(?: (?:up|down) \\d+)*? (?:up|down) (\\d+) print"), PROGRAMS - asked);
    }

    @Test
    void nobodyMeetsInTrainingWhomTheyMeetInAnItem() {
        for (Tongue tongue : Tongue.values()) {
            Set<String> met = training.stream().flatMap(text -> pairs(text, tongue)).collect(Collectors.toSet());
            Set<String> held = Stream.of(Kind.ENCOUNTER, Kind.NOVEL_ENCOUNTER).flatMap(kind -> Items.of(kind).stream())
                    .filter(item -> item.tongue() == tongue).flatMap(item -> pairs(item.prompt(), tongue)).collect(Collectors.toSet());
            assertEquals((10 + 4 + 4) * 8, met.size() + held.size(), "each creature, thing and being in each place");
            met.retainAll(held);
            assertEquals(Set.of(), met);
        }
    }

    /** Whatever is named in the same text as a place. */
    private static Stream<String> pairs(String text, Tongue tongue) {
        List<Phrase> scenes = World.SCENES.stream().filter(scene -> Grades.has(text, scene.in(tongue))).toList();
        return scenes.isEmpty() ? Stream.empty() : Stream.of(World.CREATURES, World.THINGS, World.BEINGS).flatMap(List::stream)
                .map(noun -> noun.name().in(tongue)).filter(name -> Grades.has(text, name))
                .flatMap(name -> scenes.stream().map(scene -> name + " " + scene.in(tongue)));
    }

    @Test
    void noQuestionOfAnItemIsAskedInTraining() {
        Set<String> lines = training.stream().flatMap(String::lines).map(line -> line.replace("Question: ", ""))
                .collect(Collectors.toSet());
        for (Kind kind : Kind.values()) {
            for (Item item : Items.of(kind)) {
                assertFalse(lines.contains(item.prompt()), item.toString());
            }
        }
        Set<String> questions = training.stream().filter(text -> text.contains("?")).collect(Collectors.toSet());
        for (Item item : Stream.of(Kind.FACT, Kind.OPINION).flatMap(kind -> Items.of(kind).stream()).toList()) {
            assertTrue(questions.stream().noneMatch(text -> text.contains(item.prompt())), "not behind a context either: " + item);
        }
    }

    @Test
    void noEventOfAnItemHappensInTraining() {
        for (Item item : Items.of(Kind.EVENT)) {
            String happens = item.prompt().substring(0, item.prompt().indexOf('.'));
            assertTrue(training.stream().noneMatch(text -> text.contains(happens)), happens);
        }
    }

    @Test
    void documentsHaveEveryFactThatItemsAskFor() {
        String documents = String.join("\n", Documents.of(Documents.Corpus.WORLD, Edition.of(3), ROWS));
        for (World.Person person : World.PEOPLE) {
            for (Fact fact : Fact.values()) {
                for (Tongue tongue : Tongue.values()) {
                    assertTrue(documents.contains(fact.tell(person, tongue)), fact.tell(person, tongue));
                }
            }
            assertTrue(Stream.of(Fact.values()).anyMatch(fact -> !Items.isHeldOut(person, fact)), person.name());
        }
    }

    @Test
    void noItemSaysItsAnswer() {
        for (Kind kind : Kind.values()) {
            for (Item item : Items.of(kind)) {
                assertTrue(item.answer().isEmpty() || !Grades.has(item.prompt(), item.answer()), item.toString());
                for (Context context : Context.values()) {
                    Predicate<String> says = text -> !item.answer().isEmpty() && Grades.has(text, item.answer());
                    assertFalse(item.askedBelieving(context).filter(says).isPresent(), item.toString());
                }
            }
        }
        for (Item item : Items.of(Kind.ENCOUNTER)) {
            assertEquals(Optional.empty(), Grades.choice(item, item.prompt()));
        }
    }

    @Test
    void thereAreEnoughItemsAndNoIdTwice() {
        Set<String> ids = new HashSet<>();
        Map<Kind, Integer> least = Map.of(Kind.ENCOUNTER, 60, Kind.NOVEL_ENCOUNTER, 96, Kind.FACT, 24, Kind.EVENT, 36, Kind.SUM, 36,
                Kind.WRITE, 48, Kind.RUN, 48, Kind.OPINION, 18);
        least.forEach((kind, count) -> {
            List<Item> items = Items.of(kind);
            assertTrue(items.size() >= count, kind + " " + items.size());
            items.forEach(item -> assertTrue(ids.add(item.id()), item.id()));
            assertTrue(items.stream().allMatch(item -> item.id().startsWith(kind.name().toLowerCase(Locale.ROOT))));
        });
    }
}
