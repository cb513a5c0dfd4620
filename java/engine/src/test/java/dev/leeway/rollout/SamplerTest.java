package dev.leeway.rollout;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.LeewayException.Kind;
import dev.leeway.faults.Refusal;
import dev.leeway.ffi.DType;
import dev.leeway.ffi.Region;
import dev.leeway.tensor.Device;
import dev.leeway.tensor.MemoryPlan;
import dev.leeway.tensor.MemoryPlan.Purpose;
import dev.leeway.tensor.Tensor;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * Frequencies of drawn tokens. Of n draws, token v comes n·p(v) times on average, and Σ (count − n p)²/(n p) follows χ² with (tokens − 1)
 * degrees of freedom: above 40.5 for 7 degrees, 27.6 for 2, in one case of a million.
 */
final class SamplerTest {

    private static final int VOCABULARY = 8;
    private static final int ROWS = 500;
    private static final float[] LOGITS = {0.5f, -1, 2, 1.5f, -0.25f, 0, 1, -2};

    private final Device device = Device.open("cpu", 2);
    private final MemoryPlan plan = new MemoryPlan();
    private final Sampler sampler = new Sampler(device, ROWS, VOCABULARY, ROWS, plan);
    private final Tensor logits = plan.reserve(Purpose.CACHE, "logits", DType.F32, ROWS, VOCABULARY);
    private final MemoryPlan.Allocation memory = plan.allocate(device);

    SamplerTest() {
        var all = new float[ROWS * VOCABULARY];
        for (int i = 0; i < all.length; i++) {
            all[i] = LOGITS[i % VOCABULARY];
        }
        device.upload(all, logits);
    }

    @AfterEach
    void close() {
        memory.close();
        device.close();
    }

    private static double[] softmax(double temperature, int... tokens) {
        var p = new double[VOCABULARY];
        Arrays.stream(tokens).forEach(v -> p[v] = Math.exp(LOGITS[v] / temperature));
        double sum = Arrays.stream(p).sum();
        return Arrays.stream(p).map(value -> value / sum).toArray();
    }

    /** What sequences 0, 1, 2, … draw at a position. */
    private int[] draw(int position, SamplingParameters parameters) {
        sampler.begin();
        for (int sequence = 0; sequence < ROWS; sequence++) {
            sampler.row(sequence, position);
        }
        sampler.draw(logits, parameters, Region.NONE);
        return IntStream.range(0, ROWS).map(sampler::token).toArray();
    }

    private void requireFrequencies(SamplingParameters parameters, double[] p, double bound) {
        var full = softmax(parameters.temperature(), IntStream.range(0, VOCABULARY).toArray());
        var counts = new int[VOCABULARY];
        int rounds = 60;
        for (int position = 1; position <= rounds; position++) {
            for (int token : draw(position, parameters)) {
                counts[token]++;
            }
            for (int row = 0; row < ROWS; row++) {
                assertEquals(Math.log(full[sampler.token(row)]), sampler.logProb(row), 1e-6,
                    "untruncated: sixteen roundings of numbers below 4");
            }
        }
        double chi = 0;
        for (int v = 0; v < VOCABULARY; v++) {
            double expected = p[v] * rounds * ROWS;
            assertTrue(expected > 0 || counts[v] == 0, "token " + v + " has probability 0 and was drawn");
            chi += expected > 0 ? (counts[v] - expected) * (counts[v] - expected) / expected : 0;
        }
        assertTrue(chi < bound, "chi square " + chi + " of " + bound);
    }

    @Test
    void tokensComeAsOftenAsTheirProbabilitySays() {
        requireFrequencies(SamplingParameters.temperature(1, 1), softmax(1, 0, 1, 2, 3, 4, 5, 6, 7), 40.5);
        requireFrequencies(SamplingParameters.temperature(0.7, 2), softmax(0.7, 0, 1, 2, 3, 4, 5, 6, 7), 40.5);
    }

    @Test
    void truncationKeepsTheProportionsOfWhatIsLeft() {
        var threeBest = softmax(1, 2, 3, 6);
        requireFrequencies(new SamplingParameters(1, 3, 1, 0, 1, 3), threeBest, 27.6);
        requireFrequencies(new SamplingParameters(1, 0, 0.7, 0, 1, 4), threeBest, 27.6);
        requireFrequencies(new SamplingParameters(1, 0, 1, 0.3, 1, 5), threeBest, 27.6);
    }

    @Test
    void neighbouringSequencesAndPositionsDrawIndependently() {
        var p = softmax(1, 0, 1, 2, 3, 4, 5, 6, 7);
        double equal = Arrays.stream(p).map(value -> value * value).sum();
        int agreements = 0;
        int pairs = 0;
        var before = new int[0];
        for (int position = 1; position <= 20; position++) {
            var drawn = draw(position, SamplingParameters.temperature(1, 9));
            for (int i = 0; i < ROWS; i++) {
                agreements += i > 0 && drawn[i] == drawn[i - 1] ? 1 : 0;
                agreements += before.length > 0 && drawn[i] == before[i] ? 1 : 0;
                pairs += (i > 0 ? 1 : 0) + (before.length == 0 ? 0 : 1);
            }
            before = drawn;
        }
        // Pairs share draws, so their variance is at most four times the binomial one; five standard deviations.
        assertEquals(pairs * equal, agreements, 5 * 2 * Math.sqrt(pairs * equal * (1 - equal)));
    }

    @Test
    void settingsOutsideTheirRangesAreRefused() {
        Refusal.assertRefused(Kind.USAGE, () -> SamplingParameters.temperature(-1, 0), "temperature", "-1");
        Refusal.assertRefused(Kind.USAGE, () -> SamplingParameters.temperature(Double.NaN, 0), "temperature", "NaN");
        Refusal.assertRefused(Kind.USAGE, () -> new SamplingParameters(1, -1, 1, 0, 1, 0), "top_k", "-1");
        Refusal.assertRefused(Kind.USAGE, () -> new SamplingParameters(1, 0, 0, 0, 1, 0), "top_p", "0");
        Refusal.assertRefused(Kind.USAGE, () -> new SamplingParameters(1, 0, 1, 1.5, 1, 0), "min_p", "1.5");
        Refusal.assertRefused(Kind.USAGE, () -> new SamplingParameters(1, 0, 1, 0, 0, 0), "repetition_penalty", "0");
    }
}
