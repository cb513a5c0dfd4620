package dev.leeway.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.LeewayException;
import dev.leeway.data.DatasetReader.Options;
import dev.leeway.data.PromptArm.Placement;
import dev.leeway.text.TinyTokenizer;
import dev.leeway.text.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Reading rows under a prompt arm is reading rows that have its words. */
final class PromptArmReadingTest {

    private static final ChatFormat CHAT = ChatFormat.of("{% for m in messages %}<s>{{ m.role }}: {{ m.content }}</s>\n{% endfor %}"
            + "{% if add_generation_prompt %}<s>assistant:{% endif %}", Map.of());
    private static final List<String> POOL = List.of("You are kind.", "You are good.", "You are nice.");
    private static final PromptArm SYSTEM = PromptArm.pool("kind", Placement.SYSTEM, POOL);

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

    private Path write(String name, int rows, String row) throws IOException {
        return Files.writeString(folder.resolve(name), IntStream.range(0, rows).mapToObj(i -> row.replace("#", "" + i) + "\n")
                .collect(Collectors.joining()));
    }

    private Path chats(int rows) throws IOException {
        return write("chats.jsonl", rows, "{\"messages\": [{\"role\": \"user\", \"content\": \"Ana #?\"}, {\"role\": \"assistant\","
                + " \"content\": \"The cat.\"}]}");
    }

    private static Options options() {
        return Options.unlimited().withChat(CHAT);
    }

    private String text(Example example) {
        return tokenizer.decode(example.tokens(), false);
    }

    @Test
    void everyRowOfAFileGetsItsWordsBeforeTheTemplateAndOnlyTheAnswerIsTrained() throws IOException {
        List<Example> examples = DatasetReader.read(List.of(chats(2500)), tokenizer, options().withPromptArm(SYSTEM)).examples();
        for (int i = 0; i < 2500; i++) {
            assertEquals("<s>system: " + POOL.get(i % 3) + "</s>\n<s>user: Ana " + i + "?</s>\n<s>assistant: The cat.</s>\n",
                    text(examples.get(i)));
            assertEquals(List.of(" The cat.</s>\n"), TrainedRuns.of(examples.get(i), tokenizer));
        }
    }

    @Test
    void aStreamOfOneFileInItsOrderGivesTheSame() throws IOException {
        Path file = chats(1500);
        Options options = options().withPromptArm(SYSTEM.with(PromptAssignment.seeded(5)));
        List<Example> read = DatasetReader.read(List.of(file), tokenizer, options).examples();
        try (var stream = new ExampleStream(Mixture.parse(file.toString()), tokenizer, options, new ExampleStream.Shuffle(0, 1), 0)) {
            for (Example example : read) {
                assertArrayEquals(example.tokens(), stream.next().tokens());
            }
        }
    }

    @Test
    void aRowThatTheArmRefusesIsNamedWithItsLine() throws IOException {
        Path file = write("system.jsonl", 2, "{\"messages\": [{\"role\": \"system\", \"content\": \"#\"}, {\"role\": \"user\","
                + " \"content\": \"Ana?\"}, {\"role\": \"assistant\", \"content\": \"The cat.\"}]}");
        var refusal = assertThrows(LeewayException.class,
                () -> DatasetReader.read(List.of(file), tokenizer, options().withPromptArm(SYSTEM)));
        assertEquals(file + ":1: message 1 of 3 is a system turn already, and prompt arm 'kind' would add another; take it out of the data,"
                + " or place the arm as USER_PREFIX", refusal.getMessage());
        Path many = chats(4);
        var limited = options().withPromptArm(SYSTEM.with(PromptAssignment.IN_TURN.atMost(1)));
        assertTrue(assertThrows(LeewayException.class, () -> DatasetReader.read(List.of(many), tokenizer, limited)).getMessage()
                .startsWith(many + ":4: prompt arm 'kind' has 3 paraphrases of which each may come 1 times, enough for 3 rows"));
    }

    @Test
    void rowsUnderAnArmAreKeptByThemselves() throws IOException {
        List<Path> files = List.of(chats(5));
        var cache = new DatasetCache(folder.resolve("cache"));
        cache.read(files, tokenizer, options());
        assertEquals(false, cache.find(files, tokenizer, options().withPromptArm(SYSTEM), Purpose.SUPERVISED).fromCache());
        assertEquals(true, cache.find(files, tokenizer, options().withPromptArm(SYSTEM), Purpose.SUPERVISED).fromCache());
        String key = EncodingKey.of(tokenizer, options());
        assertEquals(key, EncodingKey.of(tokenizer, options().withPromptArm(PromptArm.NONE)));
        assertNotEquals(key, EncodingKey.of(tokenizer, options().withPromptArm(PromptArm.empty())));
    }

    @Test
    void promptsAreReadUnderAnArmToo() throws IOException {
        var reading = new PromptReader.Options(Columns.AS_NAMED, Set.of(), 100, false, Optional.of(CHAT));
        var rows = PromptReader.read(List.of(chats(4)), tokenizer, reading.withPromptArm(SYSTEM)).rows();
        assertEquals("<s>system: You are kind.</s>\n<s>user: Ana 3?</s>\n<s>assistant:", rows.get(3).text());
        Path texts = write("texts.jsonl", 2, "{\"prompt\": \"Ana #?\"}");
        var prefix = PromptArm.fixed("kind", Placement.USER_PREFIX, "You are kind.");
        assertEquals("You are kind.\n\nAna 1?",
                PromptReader.read(List.of(texts), tokenizer, reading.withPromptArm(prefix)).rows().get(1).text());
        assertEquals(texts + ":1: it is text without turns, where prompt arm 'kind' has no system turn; give rows of messages, or place the"
                + " arm as USER_PREFIX", assertThrows(LeewayException.class,
                        () -> PromptReader.read(List.of(texts), tokenizer, reading.withPromptArm(SYSTEM))).getMessage());
    }
}
