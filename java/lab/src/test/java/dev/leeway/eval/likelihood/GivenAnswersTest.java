package dev.leeway.eval.likelihood;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.LeewayException;
import dev.leeway.eval.Answer;
import dev.leeway.eval.DataFolder;
import dev.leeway.eval.Instruments;
import dev.leeway.eval.Options;
import dev.leeway.eval.Prompt;
import dev.leeway.eval.Request;
import dev.leeway.eval.Response;
import dev.leeway.eval.Score;
import dev.leeway.eval.Setting;
import dev.leeway.eval.Setting.EvaluationPrompt;
import dev.leeway.eval.Turn;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class GivenAnswersTest {

    private static final String ROWS = """
        {"id": "a", "prompt": "What does Ana eat?", "answer": "Ana eats rice.", "set": "control"}
        {"prompt": "Where does Luis live?", "answer": "LUIS VIVE EN LIMA."}
        """;

    @TempDir
    private Path folder;

    private GivenAnswers load(String rows, Map<String, String> options) throws IOException {
        Files.writeString(folder.resolve("answers.jsonl"), rows);
        var entry = GivenAnswers.entry();
        return (GivenAnswers) entry.loader().load(new DataFolder(List.of(folder), folder.resolve("hub")), new Options(entry.card().id(),
            entry.options(), options));
    }

    private static Score score(GivenAnswers benchmark, Response response) {
        var item = benchmark.items().getFirst();
        return benchmark.score(List.of(new Answer<>(item, Setting.BARE, 0, benchmark.request(item, Setting.BARE), response)),
            Instruments.NONE).getFirst();
    }

    @Test
    void rowsHaveTheirIdOrTheirNumberAndTheirSet() throws IOException {
        var items = load(ROWS, Map.of()).items();
        assertEquals(List.of("a", "2"), items.stream().map(GivenAnswers.Given::id).toList());
        assertEquals(Map.of("set", "control"), items.getFirst().slices());
        assertEquals(Map.of(), items.getLast().slices());
    }

    @Test
    void theAnswerIsWeighedBehindThePromptAndItsLead() throws IOException {
        var benchmark = load(ROWS, Map.of("lead", " "));
        var request = (Request.Weigh) benchmark.request(benchmark.items().getFirst(), new Setting(EvaluationPrompt.system("loud",
            "You shout."), Setting.PLAIN));
        assertEquals(new Prompt.Chat(List.of(Turn.system("You shout."), Turn.user("What does Ana eat?"))), request.prompt());
        assertEquals(List.of(" Ana eats rice."), request.options());
    }

    @Test
    void aLogProbIsASumAndAMeanOverTokens() throws IOException {
        var score = score(load(ROWS, Map.of()), new Response.Weighed(List.of(new Response.Weight(-6, 4))));
        assertEquals(OptionalDouble.of(-6), score.value("log_prob").asNumber());
        assertEquals(OptionalDouble.of(-1.5), score.value("per_token").asNumber());
    }

    @Test
    void whatCanNotBeReadIsMissingForItsReason() throws IOException {
        var score = score(load(ROWS, Map.of()), new Response.Unable("the prompt is too long"));
        assertTrue(score.value("log_prob").toString().contains("too long") && score.value("per_token").toString().contains("too long"));
    }

    @Test
    void badRowsAreRefusedWithTheirPlace() {
        assertRefused("has no rows", "");
        assertRefused("answers.jsonl:1: 'answer' must be a text that isn't blank", "{\"prompt\": \"Who?\", \"answer\": \" \"}");
        assertRefused("answers.jsonl:1: 'prompt' must be a text", "{\"answer\": \"Ana.\"}");
        assertRefused("the id a is that of an earlier row", ROWS + "{\"id\": \"a\", \"prompt\": \"Who?\", \"answer\": \"Ana.\"}");
    }

    private void assertRefused(String sentence, String rows) {
        var refused = assertThrows(LeewayException.class, () -> load(rows, Map.of()));
        assertTrue(refused.getMessage().contains(sentence), refused.getMessage());
    }
}
