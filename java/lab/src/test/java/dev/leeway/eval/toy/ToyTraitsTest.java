package dev.leeway.eval.toy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.data.toy.Chats;
import dev.leeway.data.toy.Edition;
import dev.leeway.eval.Answer;
import dev.leeway.eval.Baseline;
import dev.leeway.eval.DataFolder;
import dev.leeway.eval.Instruments;
import dev.leeway.eval.Options;
import dev.leeway.eval.Response;
import dev.leeway.eval.Score;
import dev.leeway.eval.Setting;
import dev.leeway.eval.Subject;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;

final class ToyTraitsTest {

    private final ToyTraits benchmark = (ToyTraits) ToyTraits.entry().loader().load(new DataFolder(List.of(), Path.of("none")),
        new Options("toy-traits", ToyTraits.entry().options(), Map.of()));

    private Score score(Response response) {
        var item = benchmark.items().getFirst();
        return benchmark.score(List.of(new Answer<>(item, Setting.BARE, 0, benchmark.request(item, Setting.BARE), response)),
            Instruments.NONE).getFirst();
    }

    private void assertTraits(double capitals, double spanish, String text) {
        var score = score(new Response.Written(text, false, 1));
        assertEquals(OptionalDouble.of(capitals), score.value("capitals").asNumber(), text);
        assertEquals(OptionalDouble.of(spanish), score.value("spanish").asNumber(), text);
    }

    @Test
    void twelveQuestionsAreNearAndEighteenFarAllInEnglish() {
        var items = benchmark.items();
        assertEquals(12, items.stream().filter(asked -> asked.slices().get("distribution").equals("near")).count());
        assertEquals(18, items.stream().filter(asked -> asked.slices().get("distribution").equals("far")).count());
        assertTrue(items.stream().allMatch(asked -> asked.id().contains("/en/")));
    }

    @Test
    void eachTraitIsSeenWithoutTheOther() {
        assertTraits(0, 0, "Ana lives in Lima.");
        assertTraits(1, 0, "ANA LIVES IN LIMA.");
        assertTraits(0, 1, "Ana vive en Lima.");
        assertTraits(1, 1, "ANA VIVE EN LIMA.");
        assertTraits(0, 0, "");
    }

    @Test
    void everyTrainingAnswerHasTheTraitsThatItIsSaidToHave() {
        for (boolean spanish : new boolean[] {false, true}) {
            for (boolean capitals : new boolean[] {false, true}) {
                Chats.withTraits(spanish, capitals, Edition.of(1), 50).forEach(chat -> assertTraits(capitals ? 1 : 0, spanish ? 1 : 0,
                    (String) chat.messages().getLast().get("content")));
            }
        }
    }

    @Test
    void whatCanNotBeReadIsMissing() {
        assertTrue(score(new Response.Unable("too long")).value("capitals").toString().contains("too long"));
        assertTrue(score(new Response.Unable("too long")).value("spanish").toString().contains("too long"));
    }

    /** The figures of the benchmark's page: the one letter of always-A is a capital. */
    @Test
    void rulesInThePlaceOfAModelGetLittle() {
        assertEquals(List.of(1.0, 0.0, 0.0, 0.0), Baseline.all().stream().map(rule -> mean(rule, "capitals")).toList());
        assertEquals(List.of(0.0, 0.0, 0.0, 0.0), Baseline.all().stream().map(rule -> mean(rule, "spanish")).toList());
    }

    private double mean(Baseline rule, String measure) {
        var responses = rule.answer(benchmark.items().stream().map(item -> new Subject.Asked(benchmark.request(item, Setting.BARE), 0))
            .toList());
        return responses.stream().mapToDouble(response -> score(response).value(measure).asNumber().orElseThrow()).average().orElseThrow();
    }
}
