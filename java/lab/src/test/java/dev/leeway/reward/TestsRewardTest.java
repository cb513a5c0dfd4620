package dev.leeway.reward;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;

final class TestsRewardTest {

    private static final String TESTS = "assert f(1) == 2\nassert f(2) == 3\n\nassert f(3) == 0";

    private static OptionalDouble of(Map<String, String> columns, String completion) {
        return TestsReward.open().of(new Answer(columns, "", List.of(), completion, completion.length(), false));
    }

    @Test
    void theRewardIsTheShareOfTestsThatHold() {
        assertEquals(2.0 / 3, of(Map.of("tests", TESTS), "def f(x):\n    return x + 1\n").orElseThrow());
        assertEquals(2.0 / 3, of(Map.of("tests", TESTS), "Here:\n```python\nf = lambda x: 0\n```\nor\n```\nf = lambda x: x + 1\n```\nDone.")
            .orElseThrow(), "the last block counts");
    }

    @Test
    void whatIsNoPythonPassesNothing() {
        assertEquals(0, of(Map.of("tests", TESTS), "I cannot.").orElseThrow());
        assertEquals(0, of(Map.of("tests", TESTS), "").orElseThrow());
    }

    @Test
    void aRowWithoutTestsHasNoReward() {
        assertEquals(OptionalDouble.empty(), of(Map.of(), "f = 1"));
        assertEquals(OptionalDouble.empty(), of(Map.of("tests", "\n"), "f = 1"));
    }
}
