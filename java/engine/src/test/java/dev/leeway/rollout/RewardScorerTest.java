package dev.leeway.rollout;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.LeewayException;
import dev.leeway.ffi.DType;
import dev.leeway.model.ConfigReader;
import dev.leeway.model.Family;
import dev.leeway.model.TinyModel;
import dev.leeway.tensor.Device;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A text's score depends on its own tokens alone. */
final class RewardScorerTest {

    private static final int POSITIONS = 64;

    private final Device device = Device.open("cpu", 2);

    @AfterEach
    void closeTheDevice() {
        device.close();
    }

    private static List<int[]> texts() {
        var random = new Random(4);
        return IntStream.of(1, 64, 7, 33, 2, 64, 1, 20, 3).mapToObj(length -> random.ints(length, 0, Family.VOCABULARY).toArray()).toList();
    }

    private InferenceSession open(Family family, int lanes, int rows, DType dtype) {
        var session = InferenceSession.open(ConfigReader.read(family.rewardJson()), Optional.empty(),
            new InferenceSession.Size(POSITIONS, lanes, rows), dtype, device);
        TinyModel.randomize(session.model(), 1);
        return session;
    }

    @ParameterizedTest
    @EnumSource
    void neitherOrderNorBatchSizeChangesABit(Family family) {
        for (var dtype : new DType[] {DType.F32, DType.BF16}) {
            double[] alone;
            try (var session = open(family, 1, POSITIONS, dtype)) {
                alone = session.rewardScorer().score(texts());
            }
            assertTrue(IntStream.range(1, alone.length).allMatch(i -> alone[i] != alone[i - 1]), "the scores differ");
            var order = new ArrayList<>(IntStream.range(0, alone.length).boxed().toList());
            Collections.shuffle(order, new Random(1));
            for (int lanes : new int[] {2, 3, 9}) {
                try (var session = open(family, lanes, 20 * lanes + POSITIONS, dtype)) {
                    assertArrayEquals(alone, session.rewardScorer().score(texts()), lanes + " at once");
                    var shuffled = session.rewardScorer().score(order.stream().map(texts()::get).toList());
                    for (int i = 0; i < alone.length; i++) {
                        assertEquals(alone[order.get(i)], shuffled[i], "text " + order.get(i));
                    }
                }
            }
        }
    }

    @Test
    void nothingHasNoScores() {
        try (var session = open(Family.LLAMA, 2, POSITIONS, DType.F32)) {
            assertArrayEquals(new double[0], session.rewardScorer().score(List.of()));
        }
    }

    @Test
    void textsThatCannotBeScoredAreNamed() {
        try (var session = open(Family.LLAMA, 2, 40, DType.F32)) {
            assertEquals("sequence 2 has 0 tokens; from 1 to 40 are expected: shorten it, or plan more rows and positions",
                refusal(session, new int[0]));
            assertEquals("sequence 2 has 41 tokens; from 1 to 40 are expected: shorten it, or plan more rows and positions",
                refusal(session, new int[41]));
            assertTrue(refusal(session, new int[] {1, Family.VOCABULARY}).startsWith("item 2, token 2: id " + Family.VOCABULARY));
        }
    }

    private static String refusal(InferenceSession session, int[] text) {
        return assertThrows(LeewayException.class, () -> session.rewardScorer().score(List.of(new int[] {1}, text))).getMessage();
    }

    @Test
    void eachKindOfModelIsAskedForWhatItCanSay() {
        try (var reward = open(Family.LLAMA, 2, 40, DType.F32);
            var language = InferenceSession.open(Family.LLAMA.config(), Optional.empty(), 64, 1, device)) {
            assertEquals("this model is a language model and has no score head; name a …ForSequenceClassification directory",
                assertThrows(LeewayException.class, () -> language.rewardScorer().score(texts())).getMessage());
            assertEquals("this model is a sequence classifier and generates nothing; name a …ForCausalLM directory",
                assertThrows(LeewayException.class, reward::generator).getMessage());
            var item = new Scorer.Item(new int[] {1}, new int[] {2});
            assertTrue(assertThrows(LeewayException.class, () -> reward.scorer().score(List.of(item))).getMessage().contains(
                "gives tokens no probability"));
        }
    }
}
