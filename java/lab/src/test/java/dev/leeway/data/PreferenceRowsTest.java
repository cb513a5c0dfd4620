package dev.leeway.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.leeway.LeewayException;
import dev.leeway.data.DatasetReader.Options;
import dev.leeway.text.TinyTokenizer;
import dev.leeway.text.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Rows with two answers, and rows with an answer and a label. */
final class PreferenceRowsTest {

    private static final String TEMPLATE = "{% for m in messages %}<s>{{ m.role }}: {{ m.content }}</s>{% endfor %}"
            + "{% if add_generation_prompt %}<s>assistant:{% endif %}";

    @TempDir
    Path folder;

    private Tokenizer tokenizer;

    @BeforeEach
    void trainTokenizer() {
        tokenizer = TinyTokenizer.in(folder);
    }

    @AfterEach
    void closeTokenizer() {
        tokenizer.close();
    }

    @Test
    void bothAnswersFollowTheSamePrompt() throws IOException {
        PreferenceExample pair = onlyPair("{\"prompt\": \"two?\", \"chosen\": \" four.\", \"rejected\": \" milk.\"}");
        assertEquals(supervised("two?", " four."), pair.chosen());
        assertEquals(supervised("two?", " milk."), pair.rejected());
        assertArrayEquals(tokenizer.encode("two?", true), pair.prompt());
        assertEquals(pair.chosen().length() + pair.rejected().length(), pair.length());
        assertEquals(List.of(pair.chosen(), pair.rejected()), pair.sequences());
    }

    @Test
    void withoutAPromptItIsWhatBothBeginWith() throws IOException {
        assertEquals(onlyPair("{\"prompt\": \"two?\", \"chosen\": \" four.\", \"rejected\": \" milk.\"}"),
                onlyPair("{\"chosen\": \"two? four.\", \"rejected\": \"two? milk.\"}"));
    }

    @Test
    void whereOneTextIsHowTheOtherBeginsItsLastCharacterIsItsAnswer() throws IOException {
        assertEquals(onlyPair("{\"prompt\": \"two? fou\", \"chosen\": \"r\", \"rejected\": \"r cats\"}"),
                onlyPair("{\"chosen\": \"two? four\", \"rejected\": \"two? four cats\"}"));
    }

    @Test
    void aColumnOfNullsIsNoColumn() throws IOException {
        assertEquals(onlyPair("{\"prompt\": \"two?\", \"chosen\": \" four.\", \"rejected\": \" milk.\"}"),
                onlyPair("{\"prompt\": null, \"chosen\": \"two? four.\", \"rejected\": \"two? milk.\"}"));
        Path file = write("{\"messages\": null, \"prompt\": \"two?\", \"completion\": \" four.\"}");
        assertEquals(supervised("two?", " four."),
                DatasetReader.read(List.of(file), tokenizer, Options.unlimited()).examples().getFirst());
    }

    @Test
    void conversationsArePairsToo() throws IOException {
        String user = "{\"role\": \"user\", \"content\": \"two?\"}";
        String good = "{\"role\": \"assistant\", \"content\": \"four.\"}";
        String bad = "{\"role\": \"assistant\", \"content\": \"milk.\"}";
        PreferenceExample explicit = onlyPair("{\"prompt\": [%s], \"chosen\": [%s], \"rejected\": [%s]}".formatted(user, good, bad));
        assertArrayEquals(tokenizer.encode("<s>user: two?</s><s>assistant:", false), explicit.prompt());
        assertEquals(explicit, onlyPair("{\"chosen\": [%s, %s], \"rejected\": [%s, %s]}".formatted(user, good, user, bad)));
        assertEquals(explicit, onlyPair("{\"prompt\": \"two?\", \"chosen\": [%s, %s], \"rejected\": [%s, %s]}"
                .formatted(user, good, user, bad)));
    }

    @Test
    void aLabelIsTrueOrFalse() throws IOException {
        RowSet<LabelledExample> rows = DatasetReader.readLabelled(List.of(write(
                "{\"prompt\": \"two?\", \"completion\": \" four.\", \"label\": true}\n"
                        + "{\"prompt\": \"two?\", \"completion\": \" milk.\", \"label\": 0}")), tokenizer, Options.unlimited());
        assertEquals(List.of(true, false), rows.units().stream().map(LabelledExample::label).toList());
        assertEquals(supervised("two?", " four."), rows.units().getFirst().example());
        assertArrayEquals(tokenizer.encode("two?", true), rows.units().getFirst().prompt());
        assertEquals(1, rows.units().getLast().unitId());
    }

    @Test
    void aPairIsDroppedWhenOneAnswerIsCutOff() throws IOException {
        Path file = write("{\"prompt\": \"two\", \"chosen\": \"a\", \"rejected\": \"b\"}\n"
                + "{\"prompt\": \"" + "q".repeat(20) + "\", \"chosen\": \"a\", \"rejected\": \"b\"}");
        RowSet<PreferenceExample> rows = DatasetReader.readPreferences(List.of(file), tokenizer, new Options(Columns.AS_NAMED, 10, true));
        assertEquals(1, rows.units().size());
        assertEquals(1, rows.report().truncated().rows());
        assertEquals(1, rows.report().dropped().rows());
        assertEquals(rows.units().getFirst().length(), rows.report().tokens());
    }

    @Test
    void rowsThatPreferNothingAreRefused() throws IOException {
        String same = ":1: 'chosen' and 'rejected' have their first %s %s in common and the shorter one has %s; without a column 'prompt'"
                + " they must begin alike and end differently";
        assertRefused("{\"chosen\": \"ab\", \"rejected\": \"ab\"}", same.formatted(2, "characters", 2));
        assertRefused("{\"chosen\": \"a\", \"rejected\": \"ab\"}", same.formatted(0, "characters", 1));
        assertRefused("{\"chosen\": \"ab\", \"rejected\": \"bc\"}", same.formatted(0, "characters", 2));
        assertRefused("{\"prompt\": \"a\", \"chosen\": \"ab\"}",
                ":1 has no column 'rejected' (it has: prompt, chosen); name the one to read with --columns rejected=NAME");
        assertRefused("{\"text\": \"a\"}", ":1 has text, rows for supervised training; here the columns chosen + rejected are read"
                + " (it has: text)");
        Path file = write("{\"prompt\": \"a\", \"completion\": \"b\", \"label\": \"good\"}");
        assertEquals(file + ":1: 'label' must be true or false, found a string", assertThrows(LeewayException.class,
                () -> DatasetReader.readLabelled(List.of(file), tokenizer, Options.unlimited())).getMessage());
    }

    private void assertRefused(String row, String message) throws IOException {
        assertEquals(folder.resolve("data.jsonl") + message, assertThrows(LeewayException.class, () -> onlyPair(row)).getMessage());
    }

    private Example supervised(String prompt, String completion) {
        var row = List.of(new PromptCompletion(prompt, completion));
        return DatasetReader.encode(row, tokenizer, Options.unlimited()).examples().getFirst();
    }

    private PreferenceExample onlyPair(String row) throws IOException {
        Options options = Options.unlimited().withChat(ChatFormat.of(TEMPLATE, Map.of()));
        return DatasetReader.readPreferences(List.of(write(row)), tokenizer, options).units().getFirst();
    }

    private Path write(String text) throws IOException {
        return Files.writeString(folder.resolve("data.jsonl"), text);
    }
}
