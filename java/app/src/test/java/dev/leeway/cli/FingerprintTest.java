package dev.leeway.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import dev.leeway.data.Example;
import dev.leeway.data.LabelledExample;
import dev.leeway.data.PreferenceExample;
import java.util.List;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;

final class FingerprintTest {

    private static Example text(int... tokens) {
        var mask = new boolean[tokens.length];
        mask[tokens.length - 1] = true;
        return new Example(tokens, mask, 0);
    }

    private static String pair(OptionalDouble margin) {
        return Fingerprint.of(List.of(new PreferenceExample(text(1, 2), text(1, 3), margin)));
    }

    @Test
    void aMarginIsPartOfThePair() {
        assertEquals(pair(OptionalDouble.of(1)), pair(OptionalDouble.of(1)));
        assertNotEquals(pair(OptionalDouble.empty()), pair(OptionalDouble.of(0)));
        assertNotEquals(pair(OptionalDouble.of(1)), pair(OptionalDouble.of(2)));
    }

    @Test
    void aLabelIsPartOfTheAnswer() {
        assertNotEquals(Fingerprint.of(List.of(new LabelledExample(text(1, 2), true))),
            Fingerprint.of(List.of(new LabelledExample(text(1, 2), false))));
    }
}
