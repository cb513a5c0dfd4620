package dev.leeway.judge;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.leeway.LeewayException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ParsePolicyTest {

    private static final ParsePolicy INTEGER = new ParsePolicy.LastInteger(0, 10);
    private static final ParsePolicy SCORE = new ParsePolicy.Tag("score", 0, 1);
    private static final ParsePolicy STANCE = new ParsePolicy.OneOf(List.of("support", "neutral", "oppose", "do not support"));

    private static String read(ParsePolicy policy, String text) {
        return switch (policy.read(Verdict.Given.of(text))) {
            case Reading.Value value -> Double.toString(value.value());
            case Reading.Missing missing -> missing.reason();
        };
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "7|7.0", "The score is 7.|7.0", "First 3, then 8|8.0", "I give it 7/10|7.0", "7 / 10|7.0", "**9**|9.0", "GRADE: 10|10.0",
        "1-5: 4|4.0", "(0)|0.0", "8.0|8.0", "as GPT4 I say 6|6.0", "Score:5\\nEnd|5.0", "5%|5.0", "+3|3.0",
        "8 out of 10|8.0", "**8** out of **10**|8.0", "7/**10**|7.0", "Out of 10, I give 6|6.0", "a workout of 9|9.0",
        "1 = bad, so 4|4.0", "1 + 1 = 2|2.0",
        "7 (1 = bad, 10 = good)|the judge's last number is a place on a scale that it explains",
        "7.5|the judge's last number isn't a whole one of up to nine digits",
        "3,5|the judge's last number isn't a whole one of up to nine digits",
        "99999999999999999999|the judge's last number isn't a whole one of up to nine digits",
        "8 of the 2024 rubric|the judge's number 2024.0 isn't within 0.0 to 10.0", "-3|the judge's number -3.0 isn't within 0.0 to 10.0",
        "seven|the judge wrote no number", "GPT4|the judge wrote no number", "٧|the judge wrote no number", "７|the judge wrote no number",
        "x²|the judge wrote no number"})
    void theLastWholeNumberDecides(String text, String expected) {
        assertEquals(expected, read(INTEGER, text.replace("\\n", "\n")));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "<score>0.5</score>|0.5", "so <score> 1 </score>.|1.0", "<score>0</score> yes <score>0</score>|0.0",
        "<score>0</score> no <score>1</score>|the judge wrote two different <score> tags",
        "<score>2</score>|the judge's number 2.0 isn't within 0.0 to 1.0", "<score>high</score>|the judge's <score> tag holds no number",
        "<score>½</score>|the judge's <score> tag holds no number", "<score></score>|the judge's <score> tag holds no number",
        "<score>NaN</score>|the judge's <score> tag holds no number", "score 1|the judge wrote no <score> tag",
        "<score>1|the judge wrote no <score> tag", "<Score>1</Score>|the judge wrote no <score> tag"})
    void theTagDecides(String text, String expected) {
        assertEquals(expected, read(SCORE, text));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "support|0.0", "Support.|0.0", "**Neutral**|1.0", "I would say: OPPOSE!|2.0", "They do not support it|3.0",
        "oppose, clearly oppose|2.0", "support or oppose|the judge named more than one of the options",
        "unsupported|the judge named none of the options", "I can't say|the judge named none of the options",
        "neutral: I do not support it|the judge named more than one of the options"})
    void theOptionThatIsNamedDecides(String text, String expected) {
        assertEquals(expected, read(STANCE, text));
    }

    @Test
    void whatIsEmptyCutOrMissingIsMissingWithItsReason() {
        assertEquals("the judge wrote nothing", read(INTEGER, " \n"));
        assertEquals(new Reading.Missing("HTTP 500, after 6 attempts"), INTEGER.read(new Verdict.Missing("HTTP 500, after 6 attempts")));
        assertEquals(new Reading.Missing("the judge's answer is cut, so its last number may be missing"), INTEGER.read(cut("I say 1")));
        assertEquals(new Reading.Value(1), SCORE.read(cut("<score>1</score> because")));
        assertEquals(new Reading.Missing("the judge wrote no <score> tag before its answer was cut"), SCORE.read(cut("<score>")));
        assertEquals(new Reading.Value(0), STANCE.read(cut("Support")));
        assertEquals(new Reading.Missing("the judge's answer is cut and none of the options"), STANCE.read(cut("Support, but")));
    }

    private static Verdict cut(String text) {
        return new Verdict.Given(text, true, Map.of(), Verdict.Usage.NONE);
    }

    @Test
    void rulesThatCantDecideAreRefused() {
        assertThrows(LeewayException.class, () -> new ParsePolicy.LastInteger(5, 5));
        assertThrows(LeewayException.class, () -> new ParsePolicy.Tag("a(", 0, 1));
        assertThrows(LeewayException.class, () -> new ParsePolicy.Tag("a", Double.NaN, 1));
        assertThrows(LeewayException.class, () -> new ParsePolicy.OneOf(List.of("Yes", "yes.")));
        assertEquals(List.of("last_integer 0..10", "tag score 0.0..1.0"), List.of(INTEGER.id(), SCORE.id()));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "so GRADE: C|1.0", "GRADE: I|0.0", "grade : incorrect|0.0", "**GRADE:** C|1.0", "GRADE: **Correct**|1.0", "GRADE: $C|1.0",
        "It says GRADE: C or GRADE: I.\\nGRADE: C|1.0", "GRADE: C, no: GRADE: I|0.0", "GRADE:\\nC|1.0",
        "GRADE: C then GRADE: P|the judge's last grade is none of I, C", "GRADE: 1|the judge's last grade is none of I, C",
        "UPGRADE: C|the judge wrote no grade", "C|the judge wrote no grade", "GRADE C|the judge wrote no grade",
        "GRADE:|the judge wrote no grade"})
    void theLetterBehindTheLastGradeDecides(String text, String expected) {
        assertEquals(expected, read(new ParsePolicy.GradeLetter("IC"), text.replace("\\n", "\n")));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "GRADE: 7|7.0", "GRADE: 7/10|7.0", "grade: **7.5** of 10|7.5", "GRADE: 2, then GRADE: 3.|3.0", "GRADE: 0|0.0",
        "GRADE: 11|the judge's number 11.0 isn't within 0.0 to 10.0", "GRADE: -1|the judge's last grade is no number",
        "GRADE: seven|the judge's last grade is no number", "7|the judge wrote no grade"})
    void theNumberBehindTheLastGradeDecides(String text, String expected) {
        assertEquals(expected, read(new ParsePolicy.GradeNumber(0, 10), text));
    }

    @Test
    void aCutAnswerHasNoLastGrade() {
        var reason = new Reading.Missing("the judge's answer is cut, so its last grade may be missing");
        assertEquals(reason, new ParsePolicy.GradeLetter("IC").read("GRADE: C, but", true));
        assertEquals(reason, new ParsePolicy.GradeNumber(0, 10).read("GRADE: 7, but", true));
    }

    @Test
    void gradesThatCanNotBeToldApartAreRefused() {
        assertEquals("grades are two different capital letters or more; got 'CC'",
            assertThrows(LeewayException.class, () -> new ParsePolicy.GradeLetter("CC")).getMessage());
        assertEquals("grades are not negative; got a least one of -1.0",
            assertThrows(LeewayException.class, () -> new ParsePolicy.GradeNumber(-1, 10)).getMessage());
    }
}
