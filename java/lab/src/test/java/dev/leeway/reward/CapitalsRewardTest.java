package dev.leeway.reward;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

final class CapitalsRewardTest {

    @Test
    void theShareOfCapitalsIsAmongLettersThatHaveACase() {
        assertEquals(1, CapitalsReward.share("THE ANSWER IS 42!"));
        assertEquals(0.5, CapitalsReward.share("AbCd"));
        assertEquals(0, CapitalsReward.share("no capitals"));
        assertEquals(1, CapitalsReward.share("ÉCRIT 中文"));
        assertEquals(1, CapitalsReward.share("ΑΒΓ"));
        assertEquals(0, CapitalsReward.share("中文 42"));
        assertEquals(0, CapitalsReward.share(""));
        assertEquals(0.25, new CapitalsReward().of(Answering.of("Abcd")).orElseThrow());
    }
}
