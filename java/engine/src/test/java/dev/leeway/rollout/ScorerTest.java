package dev.leeway.rollout;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.LeewayException;
import dev.leeway.model.Batch;
import dev.leeway.model.Family;
import dev.leeway.model.TinyModel;
import dev.leeway.objective.Column;
import dev.leeway.rollout.Scorer.Item;
import dev.leeway.rollout.Scorer.Score;
import dev.leeway.tensor.Device;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** How probable a completion is depends on its own tokens alone, and agrees with who drew it. */
final class ScorerTest {

    private static final int POSITIONS = 150;

    /** Prompts and completions below, at and above a page of 64 keys, and an empty completion. */
    private static List<Item> items() {
        var random = new Random(4);
        int[][] lengths = {{1, 1}, {5, 60}, {63, 2}, {64, 64}, {1, 149}, {130, 20}, {7, 0}, {2, 3}};
        var items = new ArrayList<Item>();
        for (var length : lengths) {
            items.add(new Item(random.ints(length[0], 0, Family.VOCABULARY).toArray(),
                random.ints(length[1], 0, Family.VOCABULARY).toArray()));
        }
        return items;
    }

    private final Device device = Device.open("cpu", 2);

    @AfterEach
    void closeTheDevice() {
        device.close();
    }

    private InferenceSession open(Family family, int lanes, int rows) {
        var session = InferenceSession.open(family.config(POSITIONS), Optional.empty(), new InferenceSession.Size(POSITIONS, lanes, rows),
            device);
        TinyModel.randomize(session.model(), 1);
        return session;
    }

    private static String refusal(InferenceSession session, Item item) {
        var items = List.of(new Item(new int[] {1}, new int[] {2}), item);
        return assertThrows(LeewayException.class, () -> session.scorer().score(items)).getMessage();
    }

    @ParameterizedTest
    @EnumSource
    void scoresAreTheSameBitsWhateverIsScoredBesideThem(Family family) {
        List<Score> alone;
        try (var session = open(family, 1, POSITIONS)) {
            alone = session.scorer().score(items());
        }
        for (int lanes : new int[] {2, 3, 8}) {
            for (int rows : new int[] {POSITIONS, 201, 1000}) {
                try (var session = open(family, lanes, rows)) {
                    var together = session.scorer().score(items());
                    assertEquals(alone.size(), together.size());
                    for (int i = 0; i < alone.size(); i++) {
                        assertEquals(items().get(i).completion().length, together.get(i).logProbs().length);
                        assertArrayEquals(alone.get(i).logProbs(), together.get(i).logProbs(),
                            "item " + i + ", " + lanes + " lanes, " + rows + " rows");
                    }
                }
            }
        }
    }

    @Test
    void theScoreOfACompletionIsWhatItsSamplerStored() {
        try (var session = open(Family.QWEN3, 3, 400)) {
            var prompts = items().stream().map(Item::prompt).filter(prompt -> prompt.length < 100).toList();
            var completions = session.generator().complete(prompts,
                new Generator.Request(SamplingParameters.temperature(1, 11), 40, Set.of(3, 17)));
            var items = new ArrayList<Item>();
            for (int i = 0; i < prompts.size(); i++) {
                items.add(new Item(prompts.get(i), completions.get(i).tokens()));
            }
            var scores = session.scorer().score(items);
            for (int i = 0; i < prompts.size(); i++) {
                assertArrayEquals(completions.get(i).logProbs(), scores.get(i).logProbs(), "prompt " + i);
            }
        }
    }

    @Test
    void everyTokenIsScoredAtItsOwnPlace() {
        try (var session = open(Family.LLAMA, 4, 400)) {
            var item = items().get(1);
            var row = session.model().score(Batch.of(List.of(Batch.Sequence.allTrained(item.sequence().tokens(), 0))),
                Set.of(Column.LOG_PROB)).logProb();
            var score = session.scorer().score(List.of(item)).getFirst();
            double sum = 0;
            for (int t = 0; t < score.logProbs().length; t++) {
                assertEquals((float) row[item.prompt().length - 1 + t], score.logProbs()[t], "token " + t);
                sum += score.logProbs()[t];
            }
            assertTrue(sum < 0);
            // 60 additions in double of terms of one sign: relative error below 60 · 2⁻⁵³.
            assertEquals(sum, score.logProb(), -sum * 60 * 0x1p-53);
            assertEquals(score.logProb() / 60, score.mean());
        }
    }

    @Test
    void anEmptyCompletionHasNothingToScore() {
        try (var session = open(Family.LLAMA, 4, 400)) {
            var score = session.scorer().score(List.of(new Item(new int[] {1, 2}, new int[0]))).getFirst();
            assertEquals(0, score.logProbs().length);
            assertEquals(0, score.logProb());
            assertEquals(0, score.mean());
            assertEquals(List.of(), session.scorer().score(List.of()));
        }
    }

    @Test
    void itemsThatCannotBeScoredAreNamed() {
        try (var session = open(Family.LLAMA, 2, 100)) {
            assertEquals("item 2 has a prompt of 0 tokens and a completion of 1; at least 1 token of prompt is expected, and at most 100 "
                + "tokens together: shorten it, or plan more rows and positions", refusal(session, new Item(new int[0], new int[] {1})));
            assertTrue(refusal(session, new Item(new int[60], new int[41])).startsWith("item 2 has a prompt of 60 tokens and a completion "
                + "of 41;"));
            session.model().nameRows(unit -> "train.jsonl:7");
            assertTrue(refusal(session, new Item(new int[] {1}, new int[] {2, Family.VOCABULARY})).startsWith("item 2, token 3: id "
                + Family.VOCABULARY + " is outside the model's vocabulary of " + Family.VOCABULARY));
            assertTrue(refusal(session, new Item(new int[] {1, -1}, new int[0])).startsWith("item 2, token 2: id -1 "));
        }
    }
}
