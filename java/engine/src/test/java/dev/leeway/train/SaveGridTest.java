package dev.leeway.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.LeewayException;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Steps behind which checkpoints stay, as users write them. */
final class SaveGridTest {

    @Test
    void aGridIsLogarithmicRegularOrListed() {
        assertEquals(List.of(0, 1, 2, 4, 8, 16), steps("log", 20));
        assertEquals(List.of(0), steps("log", 0));
        assertEquals(List.of(0, 7, 14), steps("every:7", 20));
        assertEquals(List.of(0, 3, 20), steps("20,0,3,3", 20));
    }

    @Test
    void epochsMayHaveFractions() {
        assertEquals(List.of(0, 6, 11, 17), List.copyOf(SaveGrid.parse("every:0.5e").steps(20, OptionalInt.of(11))), "half up");
        assertEquals(List.of(1, 5, 10, 20), List.copyOf(SaveGrid.parse("1,0.5e,1e,2e").steps(20, OptionalInt.of(10))));
        var unknown = assertThrows(LeewayException.class, () -> SaveGrid.parse("1e").steps(20, OptionalInt.empty()));
        assertTrue(unknown.getMessage().contains("--streaming"), unknown.getMessage());
    }

    @Test
    void aStepBehindTheEndIsRefused() {
        var late = assertThrows(LeewayException.class, () -> steps("5,30", 20));
        assertTrue(late.getMessage().contains("names step 30, and the run has 20"), late.getMessage());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "every:", "every:0", "every:1,2", "-1", "1.5", "logs", "1;2", "every:e", "1,,2"})
    void whatHasNoneOfTheFormsIsRefused(String text) {
        assertThrows(LeewayException.class, () -> SaveGrid.parse(text));
    }

    private static List<Integer> steps(String text, int total) {
        return List.copyOf(SaveGrid.parse(text).steps(total, OptionalInt.empty()));
    }
}
