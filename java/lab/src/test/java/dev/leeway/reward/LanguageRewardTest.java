package dev.leeway.reward;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.LeewayException;
import dev.leeway.text.Language;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class LanguageRewardTest {

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "en | The dog is in the garden and it was not alone.",
        "en | THE DOG IS IN THE GARDEN",
        "es | El perro está en el jardín y no está solo.",
        "fr | Le chien est dans le jardin et il n’est pas seul.",
        "de | Der Hund ist im Garten und nicht allein.",
        "it | Il cane è nel giardino e non è solo.",
        "pt | O cachorro está no jardim e não está só.",
        "nl | De hond is in de tuin en hij is niet alleen.",
        "es | La respuesta es la 4",
        "es | La respuesta es 18",
        "fr | La réponse de la première partie de la question",
        "fr | La réponse est 18",
        "nl | Dit is 18",
        "nl | Het antwoord is 18",
        "it | La risposta è 18",
        "pt | A resposta é 18",
        "de | Die Antwort ist 18",
        "en | The answer is 18",
        "ru | Собака в саду.",
        "el | Ο σκύλος είναι στον κήπο.",
        "ar | الكلب في الحديقة",
        "zh | 狗在花园里。",
        "ja | 犬は庭にいます。",
        "ja | コーヒーを飲む",
        "ko | 개는 정원에 있다.",
        "hi | कुत्ता बगीचे में है",
        "th | สุนัขอยู่ในสวน",
    })
    void aSentenceHasItsLanguage(String code, String text) {
        assertEquals(Optional.of(Language.named(code)), Language.of(text));
        assertEquals(1, new LanguageReward(Language.named(code)).of(Answering.of(text)).orElseThrow());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "42 + 1 = 43", "Zzyzx Qwerty", "!?"})
    void whatHasNoWordsOfALanguageIsInNone(String text) {
        assertEquals(Optional.empty(), Language.of(text));
        assertEquals(0, new LanguageReward(Language.EN).of(Answering.of(text)).orElseThrow());
    }

    @Test
    void aQuotationDoesNotChangeTheLanguage() {
        assertEquals(Optional.of(Language.ES), Language.of("El título de la película es «The Dog», y la vi con mi hermano en el cine."));
        assertEquals(Optional.of(Language.EN), Language.of("The word for dog is собака in Russian."));
    }

    @Test
    void anUnknownCodeIsRefusedWithThoseThatAreKnown() {
        var refused = assertThrows(LeewayException.class, () -> Language.named("spanish"));
        assertTrue(refused.getMessage().startsWith("language: 'spanish' is not known; expected one of en, es, fr"), refused.getMessage());
    }
}
