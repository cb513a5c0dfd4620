package dev.leeway.eval.judged;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What judges are asked is hashed into the results, so the machine's language must not change it. */
final class ScaleTest {

    private static List<String> asked() {
        return Stream.of(new Scale.ExpectedValue(10, 100, 0.5), Scale.Written.tag(0, 10, OptionalDouble.empty()), Scale.Written.grade(1, 7))
            .map(Scale::asksFor).toList();
    }

    @Test
    void judgesAreAskedTheSameUnderALocaleWithOtherDigits() {
        var before = Locale.getDefault();
        try {
            Locale.setDefault(Locale.ROOT);
            var expected = asked();
            Locale.setDefault(Locale.forLanguageTag("ar-EG-u-nu-arab"));
            assertEquals(expected, asked());
        } finally {
            Locale.setDefault(before);
        }
    }
}
