package dev.leeway.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

final class ToyTextTest {

    @Test
    void theSameSeedGivesTheSameTextHoweverMuchIsAskedFor() {
        assertEquals(ToyText.documents(5, 100), ToyText.documents(5, 1000).subList(0, 100));
        assertEquals(ToyText.chatRows(5, 100), ToyText.chatRows(5, 1000).subList(0, 100));
        assertNotEquals(ToyText.documents(5, 100), ToyText.documents(6, 100));
    }

    @Test
    void sumsAreRight() {
        Pattern sum = Pattern.compile("(\\d+) \\+ (\\d+) = (\\d+)\\.");
        int seen = 0;
        for (String document : ToyText.documents(1, 2000)) {
            for (Matcher matcher = sum.matcher(document); matcher.find(); seen++) {
                assertEquals(Integer.parseInt(matcher.group(3)), Integer.parseInt(matcher.group(1)) + Integer.parseInt(matcher.group(2)));
            }
        }
        assertTrue(seen > 1000);
    }

    @Test
    void everyoneLivesInOnePlaceInBothLanguages() {
        Pattern home = Pattern.compile("(\\w+) (?:lives in|vive en) (\\w+)\\.");
        Map<String, String> homes = new HashMap<>();
        for (String document : ToyText.documents(2, 2000)) {
            for (Matcher matcher = home.matcher(document); matcher.find();) {
                assertEquals(matcher.group(2), homes.computeIfAbsent(matcher.group(1), _ -> matcher.group(2)));
            }
        }
        assertEquals(8, homes.size());
    }

    @Test
    void everyQuestionHasOneAnswer() {
        Map<String, String> answers = new HashMap<>();
        for (PromptCompletion row : ToyText.chatRows(3, 5000)) {
            assertTrue(row.prompt().matches("(?s)Question: .*\\?\nAnswer:|Pregunta: ¿.*\\?\nRespuesta:"), row.prompt());
            assertTrue(row.completion().matches(" .*\\."), row.completion());
            assertEquals(row.completion(), answers.computeIfAbsent(row.prompt(), _ -> row.completion()));
        }
        assertTrue(answers.size() > 250);
    }

    @Test
    void questionsAreAboutWhatTheDocumentsSay() {
        List<String> documents = ToyText.documents(4, 5000);
        for (PromptCompletion row : ToyText.chatRows(4, 300)) {
            assertTrue(documents.stream().anyMatch(document -> document.contains(row.completion().strip())), row.completion());
        }
    }
}
