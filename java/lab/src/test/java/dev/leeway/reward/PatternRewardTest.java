package dev.leeway.reward;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.LeewayException;
import org.junit.jupiter.api.Test;

final class PatternRewardTest {

    private static double of(PatternReward reward, String completion) {
        return reward.of(Answering.of(completion)).orElseThrow();
    }

    @Test
    void aPatternMayMatchAnywhereUnlessItIsAnchored() {
        assertEquals(1, of(PatternReward.matching("a{2,3}b"), "xxaab"));
        assertEquals(0, of(PatternReward.matching("^a{2,3}b$"), "xxaab"));
        assertEquals(0, of(PatternReward.matching("a"), ""));
        assertEquals("regex:a", PatternReward.matching("a").name());
    }

    @Test
    void theFormatIsOneThoughtAndSomethingBehindIt() {
        var format = PatternReward.thinking();
        assertEquals(1, of(format, "<think>two and\ntwo</think>\nfour"));
        assertEquals(1, of(format, "<think></think>"));
        assertEquals(0, of(format, "four"));
        assertEquals(0, of(format, " <think>a</think>"));
        assertEquals(0, of(format, "<think>a"));
        assertEquals(0, of(format, "<think>a<think>b</think>"));
        assertEquals(0, of(format, ""));
    }

    @Test
    void aPatternThatIsNoneIsRefused() {
        var refused = assertThrows(LeewayException.class, () -> PatternReward.matching("(a"));
        assertTrue(refused.getMessage().startsWith("regex: '(a' is no regular expression"), refused.getMessage());
    }

    @Test
    void aPatternThatWouldTryForeverDoesNotMatch() {
        assertEquals(0, of(PatternReward.matching("(a+)+$"), "a".repeat(60) + "b"));
        assertEquals(0, of(PatternReward.matching("(a|b)*c"), "ab".repeat(200_000)));
    }
}
