package dev.leeway.eval.qa;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.leeway.eval.Benchmark;
import dev.leeway.eval.Item;
import dev.leeway.eval.choice.Trial;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Files are sorted by what they ask about. */
@Tag("shared")
final class SharedDrawTest {

    @Test
    void fiveHundredDrawnQuestionsAreOfAllCategoriesAndTheFirstAreNot() {
        var questions = Trial.load(TruthfulQa.entry(), Trial.warmth(), "scorer=rule");
        assertEquals(38, categories(questions.items()));
        assertEquals(35, categories(questions.first(500)));
        assertEquals(38, categories(drawn(questions)));
    }

    private static <I extends Item> List<I> drawn(Benchmark<I> questions) {
        return questions.drawn(500, 0);
    }

    private static long categories(List<? extends Item> items) {
        return items.stream().map(item -> item.slices().get("category")).distinct().count();
    }
}
