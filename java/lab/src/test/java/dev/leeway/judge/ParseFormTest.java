package dev.leeway.judge;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.LeewayException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ParseFormTest {

    @ParameterizedTest
    @CsvSource(delimiter = ';', value = {
        "tag:score; tag score 0.0..10.0",
        "tag:score:0-1; tag score 0.0..1.0",
        "tag:score:-1.5--0.5; tag score -1.5..-0.5",
        "last:0-10; last_integer 0..10",
        "last:-5-5; last_integer -5..5",
        "options:worse,the same,better; one_of worse|the same|better",
    })
    void aFormIsTheRuleThatItNames(String form, String id) {
        assertEquals(id, ParseForm.parse(form).id());
    }

    @ParameterizedTest
    @CsvSource(delimiter = ';', value = {
        "score; judge_parse: 'score' is none of tag:NAME, tag:NAME:LEAST-MOST, last:LEAST-MOST and options:A,B",
        "tag:; 'tag:' is none of",
        "tag:score:0; 'tag:score:0' is none of",
        "tag:score:0-1-2; is none of",
        "tag:score:; 'tag:score:' is none of",
        "last:; 'last:' is none of",
        "last:0-1.5; 'last:0-1.5' reads whole numbers",
        "last:10-0; a range needs a least value below the greatest",
        "options:yes; a choice needs two options or more",
        "tag:<score>; a tag's name has letters",
    })
    void anythingElseIsRefusedInASentence(String form, String sentence) {
        var refused = assertThrows(LeewayException.class, () -> ParseForm.parse(form));
        assertTrue(refused.getMessage().contains(sentence), refused.getMessage());
    }
}
