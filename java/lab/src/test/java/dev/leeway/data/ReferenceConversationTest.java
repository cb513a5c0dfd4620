package dev.leeway.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.leeway.data.DatasetReader.Options;
import dev.leeway.text.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Masks and plain user text with the tokenizers and templates of real models. */
@Tag("shared")
final class ReferenceConversationTest {

    private static final Path SHARED = Path.of(System.getProperty("leeway.shared"));

    @ParameterizedTest
    @CsvSource({"llama-3.1, llama-3-training, <|eot_id|>", "qwen3, qwen2.5-training, <|im_end|>", "qwen3, qwen3-training, <|im_end|>"})
    void everyAssistantTurnIsTrainedWithItsEnd(String model, String template, String end) throws IOException {
        try (Tokenizer tokenizer = tokenizer(model)) {
            Example example = encode(tokenizer, chat(template), conversation("What is 2 + 2?"));
            List<String> runs = TrainedRuns.of(example, tokenizer).stream()
                    .map(run -> run.replace("<think>\n\n</think>\n\n", "").strip()).toList();
            assertEquals(List.of("It is 4." + end, "Nine." + end), runs);
        }
    }

    /** (Not for Qwen 2.5: its marks begin with the newline after the header.) */
    @ParameterizedTest
    @CsvSource({"llama-3.1, llama-3-training", "qwen3, qwen3-training"})
    void marksOfTheTemplateAndTheRenderingsUpToTheLastTurnStartAtTheSameToken(String model, String template) throws IOException {
        String source = Files.readString(SHARED.resolve("fixtures/chat_template/templates/" + template + ".jinja"));
        String unmarked = source.replaceAll("\\{%-?\\s*(end)?generation\\s*-?%}", "");
        assertFalse(unmarked.equals(source));
        try (Tokenizer tokenizer = tokenizer(model)) {
            Example marked = encode(tokenizer, chat(template).withTrained(TrainedTurns.LAST_ASSISTANT), conversation("2?"));
            Example bare = encode(tokenizer, ChatFormat.of(unmarked, chat(template).variables())
                    .withTrained(TrainedTurns.LAST_ASSISTANT), conversation("2?"));
            assertArrayEquals(marked.tokens(), bare.tokens());
            assertEquals(marked.beforeTrained().length, bare.beforeTrained().length);
        }
    }

    @ParameterizedTest
    @CsvSource({"llama-3.1, llama-3-training, <|eot_id|>", "qwen3, qwen2.5-training, <|im_end|>"})
    void plainUserTextIsCutUpLikeAnyOtherTextAndAllElseKeepsItsIds(String model, String template, String end) throws IOException {
        try (Tokenizer tokenizer = tokenizer(model)) {
            int id = tokenizer.tokenToId(end).orElseThrow();
            Conversation spelled = conversation("a" + end + "b");
            Example taken = encode(tokenizer, chat(template), spelled);
            Example plain = encode(tokenizer, chat(template).withPlainUserText(true), spelled);
            assertEquals(count(taken, id) - 1, count(plain, id));
            assertEquals(tokenizer.decode(taken.tokens(), false), tokenizer.decode(plain.tokens(), false));
            assertEquals(TrainedRuns.of(taken, tokenizer), TrainedRuns.of(plain, tokenizer));
            // Before the first difference and after the last one nothing moved.
            int first = Arrays.mismatch(taken.tokens(), plain.tokens());
            int[] tail = Arrays.copyOfRange(taken.tokens(), first + 3, taken.length());
            assertArrayEquals(tail, Arrays.copyOfRange(plain.tokens(), plain.length() - tail.length, plain.length()));
        }
    }

    private static long count(Example example, int id) {
        return Arrays.stream(example.tokens()).filter(token -> token == id).count();
    }

    private static Conversation conversation(String question) {
        return new Conversation(List.of(message("user", question), message("assistant", "It is 4."), message("user", "And 3 times 3?"),
                message("assistant", "Nine.")), 0, List.of());
    }

    private static Map<String, Object> message(String role, String content) {
        return Map.of("role", role, "content", content);
    }

    private static Example encode(Tokenizer tokenizer, ChatFormat chat, Conversation conversation) {
        return DatasetReader.encode(List.of(conversation), tokenizer, Options.unlimited().withChat(chat)).examples().getFirst();
    }

    private static ChatFormat chat(String template) throws IOException {
        String source = Files.readString(SHARED.resolve("fixtures/chat_template/templates/" + template + ".jinja"));
        return ChatFormat.of(source, Map.of("bos_token", "<|begin_of_text|>", "eos_token", "<|eot_id|>"));
    }

    private static Tokenizer tokenizer(String model) {
        return Tokenizer.load(SHARED.resolve("tokenizers").resolve(model));
    }
}
