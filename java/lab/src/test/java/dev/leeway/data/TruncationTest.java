package dev.leeway.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.leeway.LeewayException;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

final class TruncationTest {

    private static final int BEGIN = 1;

    /** Begin-of-sequence and three tokens of a prompt, three of an answer. */
    private static Truncation.Kept whole() {
        return new Truncation.Kept(new int[] {BEGIN, 11, 12, 13, 21, 22, 23}, new boolean[] {false, false, false, false, true, true, true});
    }

    private static Truncation.Kept cut(Truncation.Keep keep, Optional<Integer> prompt, int length) {
        return new Truncation(keep, prompt).of(whole(), length, OptionalInt.of(BEGIN));
    }

    @Test
    void theStartIsKept() {
        var kept = cut(Truncation.Keep.START, Optional.empty(), 5);
        assertArrayEquals(new int[] {BEGIN, 11, 12, 13, 21}, kept.ids());
        assertArrayEquals(new boolean[] {false, false, false, false, true}, kept.mask());
    }

    @Test
    void theEndIsKeptAndItsFirstTokenIsGiven() {
        var kept = cut(Truncation.Keep.END, Optional.empty(), 3);
        assertArrayEquals(new int[] {21, 22, 23}, kept.ids());
        assertArrayEquals(new boolean[] {false, true, true}, kept.mask());
    }

    @Test
    void theLastTokensOfAPromptAreKeptBehindItsBegin() {
        var kept = cut(Truncation.Keep.START, Optional.of(2), 100);
        assertArrayEquals(new int[] {BEGIN, 13, 21, 22, 23}, kept.ids());
        assertArrayEquals(new boolean[] {false, false, true, true, true}, kept.mask());
        var without = new Truncation(Truncation.Keep.START, Optional.of(2)).of(whole(), 100, OptionalInt.empty());
        assertArrayEquals(new int[] {12, 13, 21, 22, 23}, without.ids());
    }

    @Test
    void bothLimitsHold() {
        assertArrayEquals(new int[] {BEGIN, 13, 21}, cut(Truncation.Keep.START, Optional.of(2), 3).ids());
        assertArrayEquals(new int[] {22, 23}, cut(Truncation.Keep.END, Optional.of(2), 2).ids());
    }

    @Test
    void whatIsShortEnoughStaysAsItIs() {
        var whole = whole();
        assertSame(whole, new Truncation(Truncation.Keep.END, Optional.of(4)).of(whole, 7, OptionalInt.of(BEGIN)));
    }

    @Test
    void aPromptOfNothingIsRefused() {
        var refused = assertThrows(LeewayException.class, () -> new Truncation(Truncation.Keep.START, Optional.of(0)));
        assertEquals("max_prompt_length must be positive; found 0", refused.getMessage());
    }
}
