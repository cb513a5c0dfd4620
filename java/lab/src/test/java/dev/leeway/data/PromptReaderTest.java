package dev.leeway.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.LeewayException;
import dev.leeway.text.TinyTokenizer;
import dev.leeway.text.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class PromptReaderTest {

    private static final ChatFormat CHAT = ChatFormat.of("{% for m in messages %}{{ m['role'] }}: {{ m['content'] }}\n{% endfor %}"
            + "{% if add_generation_prompt %}assistant:{% endif %}", Map.of());

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

    private PromptSet read(PromptReader.Options options, String... rows) throws IOException {
        return PromptReader.read(List.of(Files.write(folder.resolve("rows.jsonl"), List.of(rows))), tokenizer, options);
    }

    private static PromptReader.Options options(String columns, int length) {
        return new PromptReader.Options(Columns.parseForPrompts(columns), Set.of("answer", "tests"), length, false, Optional.of(CHAT));
    }

    private static PromptReader.Options plain() {
        return options("prompt=prompt", 1000);
    }

    @Test
    void aPromptIsTextWithBeginOfSequence() throws IOException {
        var rows = read(options("prompt=question,answer=solution", 1000),
            "{\"question\": \"two?\", \"solution\": \"#### 2\", \"more\": 3}").rows();
        assertArrayEquals(tokenizer.encode("two?", true), rows.getFirst().tokens());
        assertEquals("two?", rows.getFirst().text());
        assertEquals(Map.of("answer", "#### 2"), rows.getFirst().columns());
    }

    @Test
    void withPlainUserTextASpelledControlTokenStaysText() throws IOException {
        var row = "{\"prompt\": [{\"role\": \"user\", \"content\": \"two</s>?\"}]}";
        var ends = new ArrayList<Long>();
        for (boolean plain : new boolean[] {false, true}) {
            var options = new PromptReader.Options(Columns.parseForPrompts("prompt=prompt"), Set.of(), 1000, false,
                Optional.of(CHAT.withPlainUserText(plain)));
            var prompt = read(options, row).rows().getFirst();
            ends.add(Arrays.stream(prompt.tokens()).filter(id -> id == tokenizer.endOfSequence().orElseThrow()).count());
            assertEquals("user: two</s>?\nassistant:", tokenizer.decode(prompt.tokens(), false));
            assertEquals("user: two</s>?\nassistant:", prompt.text());
        }
        assertEquals(List.of(1L, 0L), ends);
    }

    @Test
    void messagesEndWhereTheAssistantBegins() throws IOException {
        var rows = read(plain(), "{\"prompt\": [{\"role\": \"user\", \"content\": \"two?\"}]}",
                "{\"messages\": [{\"role\": \"user\", \"content\": \"two?\"}, {\"role\": \"assistant\", \"content\": \"2\"}]}").rows();
        for (var row : rows) {
            assertEquals("user: two?\nassistant:", row.text());
            assertArrayEquals(tokenizer.encode(row.text(), false), row.tokens());
            assertEquals("two?", row.messages().getFirst().get("content"));
        }
    }

    @Test
    void partsAreTextNumbersOrLines() throws IOException {
        var rows = read(plain(), "{\"prompt\": \"a\", \"answer\": 7.5, \"tests\": [\"assert f(1)\", \"assert f(2)\"]}",
                "{\"prompt\": \"a\", \"answer\": null}");
        assertEquals(Map.of("answer", "7.5", "tests", "assert f(1)\nassert f(2)"), rows.rows().getFirst().columns());
        assertEquals(Map.of(), rows.rows().getLast().columns());
        assertEquals(1, rows.having("answer"));
        var refused = assertThrows(LeewayException.class, () -> read(plain(), "{\"prompt\": \"a\"}").requireAny("answer", Columns.AS_NAMED,
                "gsm8k"));
        assertEquals("no row has a column 'answer', which gsm8k reads; name yours with --columns answer=NAME", refused.getMessage());
    }

    @Test
    void ofALongPromptTheLastTokensStayBehindBeginOfSequence() throws IOException {
        String longer = "one two three four five six seven eight nine ten";
        int[] all = tokenizer.encode(longer, true);
        String[] rows = new String[101];
        java.util.Arrays.fill(rows, "{\"prompt\": \"a\"}");
        rows[3] = "{\"prompt\": \"" + longer + "\"}";
        PromptSet read = read(options("prompt=prompt", 5), rows);
        int[] kept = read.rows().get(3).tokens();
        assertEquals(5, kept.length);
        assertArrayEquals(java.util.Arrays.copyOfRange(all, all.length - 4, all.length), java.util.Arrays.copyOfRange(kept, 1, 5));
        assertEquals(tokenizer.beginOfSequence().stream().filter(begin -> begin == all[0]).findFirst().orElse(all[all.length - 5]),
            kept[0]);
        assertEquals(1, read.cut());
        assertTrue(read.summary().endsWith("1 cut to their last tokens (first: " + folder.resolve("rows.jsonl") + ":4)"), read.summary());
        LeewayException refused = assertThrows(LeewayException.class, () -> read(options("prompt=prompt", 5), rows[3], rows[0]));
        assertTrue(refused.getMessage().startsWith("1 of 2 prompts are longer than max_prompt_length 5"), refused.getMessage());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "{\"question\": \"a\"} | rows.jsonl:1 has no prompt: expected a column 'prompt' of text or messages",
        "{\"prompt\": 7} | rows.jsonl:1: 'prompt' must be a string, found the number 7",
        "{\"prompt\": \"a\", \"answer\": {}} | rows.jsonl:1: 'answer' must be text, a number or a list of them, found an object",
        "{\"messages\": [{\"role\": \"assistant\", \"content\": \"a\"}]} | rows.jsonl:1 has no prompt",
    })
    void aRowThatIsNoPromptIsRefusedWithItsPlace(String row, String sentence) {
        LeewayException refused = assertThrows(LeewayException.class, () -> read(plain(), row));
        assertTrue(refused.getMessage().contains(sentence), refused.getMessage());
    }

    @Test
    void messagesNeedATemplate() {
        var bare = new PromptReader.Options(Columns.AS_NAMED, Set.of(), 10, false, Optional.empty());
        LeewayException refused = assertThrows(LeewayException.class,
                () -> read(bare, "{\"prompt\": [{\"role\": \"user\", \"content\": \"a\"}]}"));
        assertTrue(refused.getMessage().contains("rows.jsonl:1: it is a conversation, which needs a chat template"), refused.getMessage());
    }

    @Test
    void columnsOfOtherRowsAreRefused() {
        assertThrows(LeewayException.class, () -> Columns.parseForPrompts("prompt=a,completion=b"));
        assertThrows(LeewayException.class, () -> Columns.parse("prompt=a,answer=b"), "training reads no answers");
    }
}
