package dev.leeway.eval;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.leeway.text.Tokenizer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Letters behind a cue, by real tokenizers: byte-level ones, and ones that put a blank before every text. */
@Tag("shared")
final class SharedSubjectTextsTest {

    private static final Path SHARED = Path.of(System.getProperty("leeway.shared", ""));
    private static final String CUE = "Which bird dives?\nA. gannet\nB. owl\nC. hen\nD. wren\nAnswer:";
    private static final List<String> LETTERS = List.of(" A", " B", " C", " D");

    private static List<Continued> weighed(Path folder, Prompt prompt, List<String> options) {
        var found = new ArrayList<Continued>();
        try (var texts = SubjectTexts.of(folder)) {
            texts.weighed(new Request.Weigh(prompt, options), 1000, found::addAll, unable -> {
                throw new AssertionError(unable.reason());
            });
        }
        return found;
    }

    @ParameterizedTest
    @ValueSource(strings = {"tokenizers/llama-2", "tokenizers/llama-3.1", "tokenizers/qwen3", "tokenizers/deepseek-v3"})
    void everyLetterIsOneTokenBehindTheCue(String name) {
        var found = weighed(SHARED.resolve(name), new Prompt.Text(CUE), LETTERS);
        assertEquals(List.of(1, 1, 1, 1), found.stream().map(option -> option.continuation().length).toList());
        assertEquals(true, Continued.areNextTokens(found));
        assertEquals(4, found.stream().map(option -> option.continuation()[0]).distinct().count());
    }

    @ParameterizedTest
    @ValueSource(strings = {"tokenizers/llama-2", "tokenizers/llama-3.1", "tokenizers/qwen3", "models/stories260k"})
    void contextAndOptionAreTheTextAsOne(String name) {
        var folder = SHARED.resolve(name);
        var found = weighed(folder, new Prompt.Text(CUE), LETTERS);
        try (var tokenizer = Tokenizer.load(folder)) {
            for (int i = 0; i < LETTERS.size(); i++) {
                assertArrayEquals(tokenizer.encode(CUE, true), found.get(i).context());
                assertArrayEquals(tokenizer.encode(CUE + LETTERS.get(i), true), IntStream.concat(Arrays.stream(found.get(i).context()),
                    Arrays.stream(found.get(i).continuation())).toArray());
            }
        }
    }

    /** Its vocabulary has a token for a blank with B, and for no other of the letters. */
    @Test
    void aLetterOfStoriesHasNoMoreTokensThanItsTextNeeds() {
        var found = weighed(SHARED.resolve("models/stories260k"), new Prompt.Text(CUE), LETTERS);
        assertEquals(List.of(2, 1, 2, 2), found.stream().map(option -> option.continuation().length).toList());
    }

    @ParameterizedTest
    @ValueSource(strings = {"tokenizers/llama-3.1", "tokenizers/qwen3"})
    void behindATemplateALetterIsStillOneToken(String name) {
        var folder = SHARED.resolve(name);
        var found = weighed(folder, Prompt.user(CUE), List.of("A", "B", "C", "D"));
        assertEquals(true, Continued.areNextTokens(found));
        try (var tokenizer = Tokenizer.load(folder)) {
            assertArrayEquals(tokenizer.encode("A", false), found.getFirst().continuation());
        }
    }
}
