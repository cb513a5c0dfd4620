package dev.leeway.reward;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class NumericAnswerTest {

    private static final NumericAnswer REWARD = new NumericAnswer();

    private static double of(String reference, String completion) {
        return REWARD.of(Answering.of(reference, completion)).orElseThrow();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "#### 72 | The answer is 72.",
        "#### 72 | 48+24 = 72",
        "#### 72 | #### 72",
        "#### 72 | First 3, then #### 72 apples (3 bags)",
        "#### 72 | \\boxed{72}",
        "#### 72 | So \\boxed{x = 72} and 5 more words 9",
        "#### 72 | \\boxed{72 \\text{ apples}}",
        "#### 1,234 | It costs $1,234.00.",
        "#### 1234 | It costs 1,234 dollars",
        "#### 1000 | 1{,}000",
        "#### 1000 | 1\\,000",
        "#### 1000 | \\$1,000",
        "#### 1000000 | 1,000,000",
        "#### 80000 | 80\u202f000 dollars",
        "#### -5 | it is -5",
        "#### -5 | it is \u22125 degrees",
        "#### -5 | he lost -$5",
        "#### -5 | he lost $-5",
        "#### 5 | he has - 5",
        "#### 18 | - 18 eggs",
        "#### -18 | -18 eggs",
        "#### 18 | '---\n18'",
        "#### 18 | --18",
        "#### 18 | The answer \u2013 18",
        "#### 18 | The answer \u2014 18",
        "#### 18 | The answer \u201418",
        "#### 18 | _18_",
        "#### 18 | __18__ eggs",
        "#### -18 | _-18_",
        "#### 5 | 10-5",
        "#### 5 | 10 apples-5",
        "#### 0.5 | .5",
        "#### 0.5 | 1/2 of them",
        "#### 0.5 | \\frac{1}{2}",
        "#### -0.5 | -\\dfrac{1}{2}",
        "#### 0.50 | 0.5",
        "#### 20 | 20%",
        "#### 7 | 7km",
        "#### 7.5 | 7.5.",
        "#### 3 | 12, 7, 3",
        "#### 3 | 1, 2,3",
        "18 | The ducks lay 18",
        "48+24 = 72 | 72",
        "#### 3 | 3/0",
    })
    void theSameNumberIsRightHoweverItIsWritten(String reference, String completion) {
        assertEquals(1, of(reference, completion), completion);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "#### 72 | 73",
        "#### 72 | 72 or 73",
        "#### 72 | nothing at all",
        "#### 72 | ''",
        "#### 72 | -72",
        "#### -72 | 72",
        "#### 72 | 7 2",
        "#### 72 | x72",
        "#### 72 | x_72",
        "#### 72 | x__72",
        "#### 72 | 72 #### 71",
        "#### 72 | 72 #### none",
        "#### 72 | 72 \\boxed{}",
        "#### 72 | \\boxed{72",
        "#### 1234 | 1,23,4",
        "#### 72 | #### 71 then 72",
        "#### 72 | \\boxed{71} then 72",
        "#### 72 | \\boxed{72} and #### 71",
    })
    void anotherNumberOrNoneIsWrong(String reference, String completion) {
        assertEquals(0, of(reference, completion), completion);
    }

    @Test
    void aNewLineEndsTheMark() {
        assertEquals(0, of("#### 72", "#### \n72"));
        assertEquals(1, of("#### 72", "#### 72\n73"));
    }

    @Test
    void whatWasCutOffHasAnsweredOnlyWithAWholeMark() {
        assertEquals(0, REWARD.of(Answering.truncated("#### 72", "so far 72")).orElseThrow());
        assertEquals(0, REWARD.of(Answering.truncated("#### 72", "#### 72")).orElseThrow(), "the next token may have been a digit");
        assertEquals(1, REWARD.of(Answering.truncated("#### 72", "#### 72 apples, and")).orElseThrow());
        assertEquals(1, REWARD.of(Answering.truncated("#### 72", "\\boxed{72} and")).orElseThrow());
        assertEquals(0, REWARD.of(Answering.truncated("#### 72", "\\boxed{72")).orElseThrow());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "####", "no number", "#### unknown", "7 ####"})
    void aRowWithoutANumberHasNoReward(String reference) {
        assertEquals(OptionalDouble.empty(), REWARD.of(Answering.of(reference, "7")));
    }

    @Test
    void aRowWithoutAnAnswerHasNoReward() {
        var rewards = REWARD.of(List.of(Answering.of("7"), Answering.of("#### 7", "7")));
        assertTrue(Double.isNaN(rewards[0]));
        assertEquals(1, rewards[1]);
    }

    @Test
    void longAndHostileTextsAreReadInLinearTime() {
        long begin = System.nanoTime();
        for (var text : List.of("9".repeat(1_000_000), "1,000".repeat(200_000), "-".repeat(1_000_000), "\\boxed{".repeat(150_000),
            "\\frac{1".repeat(150_000), "1,".repeat(500_000), "$ ".repeat(500_000))) {
            assertEquals(0, of("#### 72", text));
        }
        // Seven texts of a megabyte take some tenths of a second; a quadratic rule would need hours.
        assertTrue(System.nanoTime() - begin < 60_000_000_000L);
    }
}
