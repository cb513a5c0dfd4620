package dev.leeway.eval.rule;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.LeewayException;
import dev.leeway.data.toy.Chats;
import dev.leeway.data.toy.Edition;
import dev.leeway.data.toy.Manner;
import dev.leeway.data.toy.Tongue;
import dev.leeway.eval.Instruments;
import dev.leeway.eval.Prompt;
import dev.leeway.eval.Request;
import dev.leeway.eval.Response;
import dev.leeway.eval.Response.Weight;
import dev.leeway.eval.Setting;
import dev.leeway.eval.Value;
import dev.leeway.io.JsonFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ExactTest {

    @TempDir
    private Path folder;

    private Exact load(String row, String... options) throws IOException {
        return (Exact) Tried.load(Exact.entry(), Tried.rows(folder, "rows.jsonl", row), options);
    }

    @Test
    void theSameTextIsRightWhateverSpaceIsAroundIt() throws IOException {
        var benchmark = load("{\"prompt\": \"Capital of Peru:\", \"completion\": \" Lima, the capital.\"}");
        assertEquals(1, Tried.first(benchmark, "Lima,  the capital.\n", "exact"));
        assertEquals(0, Tried.first(benchmark, "lima, the capital.", "exact"));
        assertEquals(0, Tried.first(benchmark, "It is Lima, the capital. Sure.", "exact"));
        assertEquals(1, Tried.first(benchmark, "It is Lima, the capital. Sure.", "contains"));
        assertEquals(0, Tried.first(benchmark, "", "contains"));
    }

    @Test
    void caseAndPunctuationCountAsTheOptionSays() throws IOException {
        var row = "{\"prompt\": \"p\", \"answer\": \"Lima, the capital.\"}";
        assertEquals(1, Tried.first(load(row, "same", "case"), "lima, the capital.", "exact"));
        assertEquals(0, Tried.first(load(row, "same", "case"), "lima the capital", "exact"));
        assertEquals(1, Tried.first(load(row, "same", "words"), "«LIMA» the capital!", "exact"));
    }

    @Test
    void theMostProbableOptionIsChosenBySumAndByToken() throws IOException {
        var benchmark = load("{\"prompt\": \"p\", \"options\": [\" long answer\", \" short\"], \"answer\": \"long answer\"}");
        assertInstanceOf(Request.Weigh.class, benchmark.request(benchmark.items().getFirst(), Setting.BARE));
        var score = Tried.first(benchmark, new Response.Weighed(List.of(new Weight(-3, 4), new Weight(-2, 1))));
        assertEquals(Value.of(false), score.value("exact"));
        assertEquals(Value.of(true), score.value("exact_by_token"));
        var byPlace = load("{\"prompt\": \"p\", \"options\": [\" a\", \" b\"], \"answer\": 1}");
        assertEquals(" b", byPlace.items().getFirst().answer());
    }

    @Test
    void aTextIsContinuedAndMessagesGoThroughTheTemplate() throws IOException {
        var text = load("{\"question\": \"Q:\", \"label\": 4}", "columns", "prompt=question,answer=label");
        var around = Setting.EvaluationPrompt.system("s", "Be short.");
        assertEquals(new Prompt.Text("Be short.\n\nQ:"), text.request(text.items().getFirst(), new Setting(around, Setting.PLAIN))
            .prompt());
        assertEquals(1, Tried.first(text, " 4", "exact"));
        var chat = load("{\"messages\": [{\"role\": \"user\", \"content\": \"hi\"}, {\"role\": \"assistant\", \"content\": \"yes\"}]}");
        assertEquals(Prompt.user("hi"), chat.request(chat.items().getFirst(), Setting.BARE).prompt());
        assertEquals(1, Tried.first(chat, "yes", "exact"));
    }

    @Test
    void badRowsAndOptionsAreRefusedInASentence() {
        assertRefused("has none of the columns answer, completion; it has: prompt", "{\"prompt\": \"p\"}");
        assertRefused("the answer '3' must be one of the 2 options, or its place from 0",
            "{\"prompt\": \"p\", \"options\": [\"a\", \"b\"], \"answer\": 3}");
        assertRefused("message 1 of 'messages' must have a role (system, user, assistant) and a text as content",
            "{\"messages\": [{\"role\": \"human\", \"content\": \"x\"}]}");
        assertRefused("exact.columns: 'promt=q' is not of the form", "{\"prompt\": \"p\", \"answer\": \"a\"}", "columns", "promt=q");
    }

    private void assertRefused(String expected, String row, String... options) {
        var refused = assertThrows(LeewayException.class, () -> load(row, options));
        assertTrue(refused.getMessage().contains(expected), refused.getMessage());
    }

    @Test
    void aFolderIsNoFileOfRows() {
        var refused = assertThrows(LeewayException.class, () -> Tried.load(Exact.entry(), folder));
        assertTrue(refused.getMessage().startsWith("exact scores one file of your rows, and --data names none"), refused.getMessage());
    }

    @Test
    void theRowsOfTheQuickstartAreReadAsTheyAre() throws IOException {
        var rows = Chats.inManner(Manner.WARM, Edition.of(7).in(Tongue.ENGLISH), 50).stream().map(chat -> {
            var row = JsonFile.newObject();
            var messages = row.putArray("messages");
            chat.messages().forEach(said -> messages.addObject().put("role", said.get("role").toString())
                .put("content", said.get("content").toString()));
            return row.toString();
        }).toArray(String[]::new);
        var benchmark = (Exact) Tried.load(Exact.entry(), Tried.rows(folder, "chat.jsonl", rows));
        assertEquals(1, Tried.value(Tried.texts(benchmark, item -> item.answer(), Instruments.NONE), "exact"));
        assertEquals(0, Tried.value(Tried.texts(benchmark, _ -> "no", Instruments.NONE), "exact"));
    }
}
