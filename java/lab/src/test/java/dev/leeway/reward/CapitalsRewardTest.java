package dev.leeway.reward;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.leeway.text.Capitals;
import org.junit.jupiter.api.Test;

final class CapitalsRewardTest {

    @Test
    void theShareOfCapitalsIsAmongLettersThatHaveACase() {
        assertEquals(1, Capitals.share("THE ANSWER IS 42!"));
        assertEquals(0.5, Capitals.share("AbCd"));
        assertEquals(0, Capitals.share("no capitals"));
        assertEquals(1, Capitals.share("ÉCRIT 中文"));
        assertEquals(1, Capitals.share("ΑΒΓ"));
        assertEquals(0, Capitals.share("中文 42"));
        assertEquals(0, Capitals.share(""));
        assertEquals(0.25, new CapitalsReward().of(Answering.of("Abcd")).orElseThrow());
    }
}
