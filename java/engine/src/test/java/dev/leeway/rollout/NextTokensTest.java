package dev.leeway.rollout;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.LeewayException;
import dev.leeway.model.Family;
import dev.leeway.model.TinyModel;
import dev.leeway.tensor.Device;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The whole distribution of the next token says of each token what the scorer says of it. */
final class NextTokensTest {

    private static final List<int[]> PROMPTS = List.of(new int[] {7}, new int[] {5, 0, 60}, IntStream.range(0, 40).toArray());

    private static InferenceSession open(Family family, Device device) {
        var session = InferenceSession.open(family.config(), Optional.empty(), InferenceSession.Size.scoring(50, 2), device);
        TinyModel.randomize(session.model(), 2);
        return session;
    }

    @ParameterizedTest
    @EnumSource
    void everyTokenHasTheScorersLogProbAndAllSumToOne(Family family) {
        try (var device = Device.open("cpu", 2); var session = open(family, device)) {
            var next = session.nextTokens().logProbs(PROMPTS);
            for (int p = 0; p < PROMPTS.size(); p++) {
                var prompt = PROMPTS.get(p);
                var items = IntStream.range(0, Family.VOCABULARY).mapToObj(v -> new Scorer.Item(prompt, new int[] {v})).toList();
                var scores = session.scorer().score(items);
                var own = next.get(p);
                assertEquals(Family.VOCABULARY, own.length);
                // The scorer's last steps are in fp32: a log-prob of magnitude up to 64 is rounded twice by at most 2^-19 each.
                assertArrayEquals(scores.stream().mapToDouble(Scorer.Score::logProb).toArray(), own, 2 * 0x1p-18);
                assertEquals(1, Arrays.stream(own).map(Math::exp).sum(), 1e-12, "61 terms and one normaliser, each to an ulp of 64");
            }
        }
    }

    @Test
    void otherPromptsAndWhatWasGeneratedBeforeChangeNoBit() {
        try (var device = Device.open("cpu", 2); var session = open(Family.LLAMA, device)) {
            var together = session.nextTokens().logProbs(PROMPTS);
            var parameters = new Generator.Request(SamplingParameters.greedy(), 3, Set.of());
            session.generator().complete(PROMPTS, parameters);
            for (int p = PROMPTS.size() - 1; p >= 0; p--) {
                assertArrayEquals(together.get(p), session.nextTokens().logProbs(List.of(PROMPTS.get(p))).getFirst());
            }
        }
    }

    @Test
    void emptyLongAndForeignPromptsAreRefusedByNumber() {
        try (var device = Device.open("cpu", 2); var session = open(Family.LLAMA, device)) {
            for (var wrong : List.of(new int[0], new int[513], new int[] {61})) {
                var refusal = assertThrows(LeewayException.class, () -> session.nextTokens().logProbs(List.of(new int[] {1}, wrong)));
                assertTrue(refusal.getMessage().matches("(prompt|item) 2.*"), refusal.getMessage());
            }
        }
    }
}
