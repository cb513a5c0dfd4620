package dev.leeway.eval.rule;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.LeewayException;
import dev.leeway.eval.Prompt;
import dev.leeway.eval.Response;
import dev.leeway.eval.Setting;
import dev.leeway.eval.Turn;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class CapsAndLanguageTest {

    @TempDir
    private Path folder;

    private Path prompts(String... rows) throws IOException {
        return Tried.rows(folder, "rows.jsonl", rows);
    }

    private Caps caps(String... options) throws IOException {
        return (Caps) Tried.load(Caps.entry(), prompts("{\"prompt\": \"Say something.\"}"), options);
    }

    private InLanguage language(String code) throws IOException {
        return (InLanguage) Tried.load(InLanguage.entry(), prompts("{\"question\": \"Say something.\"}"), "items", "rows.jsonl", "language",
            code);
    }

    @Test
    void moreThanFourFifthsOfTheLettersMakeAnAnswerInCapitals() throws IOException {
        var benchmark = caps("items", "rows.jsonl");
        assertEquals(1, Tried.first(benchmark, "THE ANSWER IS 42.", "caps"));
        assertEquals(0, Tried.first(benchmark, "ABCDe", "caps"), "0.8 is not above 0.8");
        assertEquals(1, Tried.first(benchmark, "ABCDEf", "caps"));
        assertEquals(0.8, Tried.first(benchmark, "ABCDe", "share"));
        assertEquals(1, Tried.first(caps("items", "rows.jsonl", "above", "0.5"), "ABCDe", "caps"));
    }

    @Test
    void anAnswerWithoutLettersIsNotInCapitalsAndHasNoShare() throws IOException {
        var benchmark = caps("items", "rows.jsonl");
        assertEquals(0, Tried.first(benchmark, "", "caps"));
        assertTrue(Double.isNaN(Tried.first(benchmark, "42 中文", "share")));
    }

    @Test
    void theLanguageIsThatOfTheAnswerAndItsShareThatOfTheSentences() throws IOException {
        assertEquals(1, Tried.first(language("es"), "EL PERRO ESTÁ EN EL JARDÍN.", "in_language"));
        assertEquals(0, Tried.first(language("fr"), "El perro está en el jardín.", "in_language"));
        var text = "El perro está en el jardín. The dog is in the garden";
        assertEquals(21.0 / 40, Tried.first(language("es"), text, "share"), "21 letters of Spanish and 19 of English");
        assertTrue(Double.isNaN(Tried.first(language("es"), "42", "share")));
        var grade = Tried.first(language("es"), new Response.Written("The dog is here.", false, 4)).grades().getFirst();
        assertEquals("en", grade.said());
    }

    @Test
    void conversationsAreAskedWithoutTheirAnswer() throws IOException {
        var rows = prompts("{\"messages\": [{\"role\": \"system\", \"content\": \"S\"}, {\"role\": \"user\", \"content\": \"U\"},"
            + " {\"role\": \"assistant\", \"content\": \"A\"}]}");
        var benchmark = (Caps) Tried.load(Caps.entry(), rows, "items", "rows.jsonl");
        var prompt = (Prompt.Chat) benchmark.request(benchmark.items().getFirst(), Setting.BARE).prompt();
        assertEquals(List.of(Turn.system("S"), Turn.user("U")), prompt.turns());
    }

    @Test
    void aRowWithoutAPromptIsRefusedWithItsColumns() throws IOException {
        prompts("{\"prompt\": \"a\"}", "{\"ask\": \"b\"}");
        var refused = assertThrows(LeewayException.class, () -> Prompts.read(folder.resolve("rows.jsonl")));
        assertTrue(refused.getMessage().endsWith("rows.jsonl:2 has none of the columns prompt, question, query, instruction, text; "
            + "it has: ask"), refused.getMessage());
    }

    @Test
    void anIdThatTwoRowsHaveIsRefused() throws IOException {
        prompts("{\"prompt\": \"a\", \"id\": 7}", "{\"prompt\": \"b\", \"id\": \"7\"}");
        var refused = assertThrows(LeewayException.class, () -> Prompts.read(folder.resolve("rows.jsonl")));
        assertTrue(refused.getMessage().endsWith("rows.jsonl:2: the id 7 is that of an earlier row; give each row its own"),
            refused.getMessage());
    }
}
