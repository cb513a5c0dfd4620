package dev.leeway.eval.qa;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.LeewayException;
import dev.leeway.data.JsonRow;
import dev.leeway.data.JsonRows;
import dev.leeway.eval.Csv;
import dev.leeway.eval.choice.Trial;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The study's own prompts, made again from its questions and statements. */
@Tag("shared")
class SharedPromptsTest {

    private static final Map<String, Form> FORMS = Map.of("trivia", Form.QUESTION, "truthfulqa", Form.QUESTION, "disinfo", Form.CLAIM,
        "medqa", Form.VIGNETTE);

    /** A prompt of the study with what it is made of. */
    private record Golden(String dataset, Context context, String prompt) {

        static Golden of(JsonRow row) {
            var template = QaRow.text(row, "template");
            var type = QaRow.text(row, "context");
            return new Golden(QaRow.text(row, "dataset"), Context.named(template + "/" + type.substring(type.indexOf(':') + 1)),
                row.fields().path("prompt").stringValue());
        }
    }

    private static List<JsonRow> rows(Path file) {
        try (var rows = JsonRows.open(file)) {
            return rows.toList();
        }
    }

    private static List<Golden> goldens() {
        return rows(Trial.warmth().resolve("sample_items/prompts.jsonl")).stream().map(Golden::of).toList();
    }

    /** The study's questions by data set; two of its answers are the word None, which its table lost. */
    private static Map<String, List<QaItem>> items() throws IOException {
        var items = new HashMap<String, List<QaItem>>();
        for (var row : rows(Trial.warmth().resolve("sample_items/items.jsonl"))) {
            var question = QaRow.text(row, "question");
            items.computeIfAbsent(QaRow.text(row, "dataset"), _ -> new ArrayList<>()).add(new QaItem(question, question,
                QaRow.optional(row, "first_person"), List.of(QaRow.optional(row, "correct").orElse("None")),
                List.of(QaRow.text(row, "incorrect")), List.of(), Map.of()));
        }
        for (String model : List.of("llama_70b", "qwen_32b")) {
            for (var row : Csv.records(Trial.warmth().resolve("sample_outputs/" + model + "/original/disinfo_original_outputs.csv"))) {
                items.computeIfAbsent("disinfo", _ -> new ArrayList<>()).add(QaItem.of(row.text("prompt_disinfo"),
                    row.text("prompt_disinfo"), List.of(row.text("ground_truth")), List.of(row.text("ground_false")), Map.of()));
            }
        }
        return items;
    }

    /** All prompts that can be made for a context, from each question and each statement. */
    private static Set<String> made(String dataset, Context context, List<QaItem> items, Statements statements) {
        var said = statements.byCircumstance().getOrDefault(context.circumstance(), List.of(""));
        return items.stream().flatMap(item -> said.stream().map(statement -> FORMS.get(dataset).compose(context, statement, item)))
            .collect(Collectors.toSet());
    }

    private static Statements statements() {
        return Statements.read(Trial.warmth().resolve(Statements.FILE), 0);
    }

    @Test
    void allHundredPromptsOfTheStudyAreMadeAgainCharacterByCharacter() throws IOException {
        var items = items();
        var missed = goldens().stream().filter(golden -> !made(golden.dataset(), golden.context(), items.get(golden.dataset()),
            statements()).contains(golden.prompt())).toList();
        assertEquals(List.of(), missed);
        assertEquals(100, goldens().size());
        assertEquals(27, goldens().stream().map(Golden::context).distinct().count(), "contexts that the sample has");
    }

    @Test
    void anotherBlankInAQuestionMissesItsPrompts() throws IOException {
        var items = items();
        items.computeIfPresent("trivia", (_, all) -> all.stream().map(item -> item.question().startsWith("Who composed")
            ? QaItem.of(item.id(), item.question() + " ", item.right(), item.wrong(), Map.of()) : item).toList());
        assertEquals(99, goldens().stream().filter(golden -> made(golden.dataset(), golden.context(), items.get(golden.dataset()),
            statements()).contains(golden.prompt())).count());
    }

    @Test
    void eachOfTheEightTypesHasFiveStatementsAndAllAreDrawn() {
        var statements = statements();
        assertEquals(8, statements.byCircumstance().size());
        for (var type : statements.byCircumstance().entrySet()) {
            assertEquals(5, type.getValue().size());
            var drawn = new LinkedHashSet<String>();
            for (int item = 0; item < 100; item++) {
                drawn.add(statements.of(type.getKey(), "item " + item));
            }
            assertEquals(new HashSet<>(type.getValue()), drawn);
        }
    }

    @Test
    void theStudysItemsAreReadButForTheTwoWhoseAnswerItsTableLost(@TempDir Path folder) throws IOException {
        var file = Trial.warmth().resolve("sample_items/items.jsonl");
        var lost = assertThrows(LeewayException.class, () -> Trial.load(TruthfulQa.entry(), Trial.warmth(), "items=items.jsonl"));
        assertTrue(lost.getMessage().contains("items.jsonl:29 has no text in the column 'correct'"), lost.getMessage());
        Trial.write(folder, "mended.jsonl", Files.readString(file).replace("\"correct\": \"\"", "\"correct\": \"None\""));
        assertEquals(19, Trial.load(TruthfulQa.entry(), folder, "items=mended.jsonl").items().size());
        assertEquals(19, Trial.load(TriviaQa.entry(), folder, "items=mended.jsonl").items().size());
        assertEquals(19, Trial.load(MedQa.entry(), folder, "items=mended.jsonl").items().size());
        assertEquals(15, Trial.load(MedQa.entry(), folder, "items=mended.jsonl", "retold_only=yes").items().size());
        assertNotEquals(0, Trial.load(MedQa.entry(), folder, "items=mended.jsonl", "mode=likelihood").items().size());
    }
}
