package dev.leeway.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import dev.leeway.model.Batch;
import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

final class ReferenceLogProbsTest {

    private static long key(int unit, int... tokens) {
        return ReferenceLogProbs.key(Batch.of(List.of(Batch.Sequence.allTrained(tokens, unit))), 0);
    }

    /** Twice a token plus a unit id is 16 for both. */
    @Test
    void aUnitIdDoesNotMakeUpForAToken() {
        assertNotEquals(key(0, 8, 5, 5), key(2, 7, 5, 5));
        assertEquals(key(2, 7, 5, 5), key(2, 7, 5, 5));
    }

    @Test
    void fewUnitsAndTokensHaveKeysOfTheirOwn() {
        var keys = new TreeSet<Long>();
        for (int unit = 0; unit < 32; unit++) {
            for (int first = 0; first < 32; first++) {
                for (int second = 0; second < 32; second++) {
                    keys.add(key(unit, first, second));
                }
            }
        }
        assertEquals(32 * 32 * 32, keys.size());
    }
}
