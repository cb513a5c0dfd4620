package dev.leeway.reward;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.LeewayException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class RewardNameTest {

    private static List<String> parsed(String list) {
        return RewardName.parse(list).stream().map(RewardName::toString).toList();
    }

    @Test
    void aListIsPartedWhereANameBegins() {
        assertEquals(List.of("gsm8k", "length"), parsed("gsm8k,length"));
        assertEquals(List.of("regex:a{1,3},b", "length:100", "language:es"), parsed("regex:a{1,3},b,length:100,language:es"));
        assertEquals(List.of("model:/a,b", "model:/c", "judge"), parsed("model:/a,b,model:/c,judge"));
        assertEquals(List.of("regex:lengthy,lengthily"), parsed("regex:lengthy,lengthily"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "gsm8 | reward_funcs: 'gsm8' is not known; expected gsm8k",
        "'' | reward_funcs: '' is not known",
        "gsm8k,,length | reward_funcs: 'gsm8k,' is not known",
        "gsm8k:3 | reward_funcs: gsm8k takes nothing behind a colon; got 'gsm8k:3'",
        "judge:me | reward_funcs: judge takes nothing behind a colon; got 'judge:me'",
        "regex | reward_funcs: 'regex' lacks what stands behind the colon",
        "length: | reward_funcs: 'length:' lacks what stands behind the colon",
        "gsm8k,gsm8k | reward_funcs: 'gsm8k' is given twice",
        "length:many | reward_funcs: 'length:many': a number of tokens is expected behind the colon",
        "length:0 | length:0: the length to come near to must be at least 1",
        "language:xx | language: 'xx' is not known",
        "regex:( | regex: '(' is no regular expression",
        "model:/nowhere | /nowhere",
    })
    void whatIsWrongIsRefusedInASentence(String list, String sentence) {
        var refused = assertThrows(LeewayException.class, () -> RewardName.parse(list).forEach(name -> name.check(64)));
        assertTrue(refused.getMessage().contains(sentence), refused.getMessage());
    }
}
