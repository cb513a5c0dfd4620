package dev.leeway.reward;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.leeway.LeewayException;
import org.junit.jupiter.api.Test;

final class LengthRewardTest {

    private static double of(LengthReward reward, int tokens) {
        return reward.of(Answering.ofTokens(tokens)).orElseThrow();
    }

    @Test
    void shorterIsBetter() {
        var reward = LengthReward.shorter(200);
        assertEquals(0, of(reward, 0));
        assertEquals(-0.25, of(reward, 50));
        assertEquals(-1, of(reward, 200));
        assertEquals("length", reward.name());
    }

    @Test
    void nearerToTheTargetIsBetter() {
        var reward = LengthReward.near(100);
        assertEquals(0, of(reward, 100));
        assertEquals(-0.5, of(reward, 50));
        assertEquals(-0.5, of(reward, 150));
        assertEquals(-1, of(reward, 0));
        assertEquals(-1, of(reward, 1000));
        assertThrows(LeewayException.class, () -> LengthReward.near(0));
    }
}
