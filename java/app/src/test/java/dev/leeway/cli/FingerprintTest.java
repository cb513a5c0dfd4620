package dev.leeway.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.data.Example;
import dev.leeway.data.LabelledExample;
import dev.leeway.data.PreferenceExample;
import dev.leeway.data.PromptExample;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class FingerprintTest {

    private static Example text(int... tokens) {
        var mask = new boolean[tokens.length];
        mask[tokens.length - 1] = true;
        return new Example(tokens, mask, 0);
    }

    private static String pair(OptionalDouble margin) {
        return Fingerprint.of(List.of(new PreferenceExample(text(1, 2), text(1, 3), margin)));
    }

    @Test
    void aMarginIsPartOfThePair() {
        assertEquals(pair(OptionalDouble.of(1)), pair(OptionalDouble.of(1)));
        assertNotEquals(pair(OptionalDouble.empty()), pair(OptionalDouble.of(0)));
        assertNotEquals(pair(OptionalDouble.of(1)), pair(OptionalDouble.of(2)));
    }

    @Test
    void aLabelIsPartOfTheAnswer() {
        assertNotEquals(Fingerprint.of(List.of(new LabelledExample(text(1, 2), true))),
            Fingerprint.of(List.of(new LabelledExample(text(1, 2), false))));
    }

    private static PromptExample prompt(String message, Map<String, String> columns, int... tokens) {
        return new PromptExample(tokens, "text", List.of(Map.of("content", message)), columns);
    }

    @Test
    void tokensMessagesAndColumnsOfPromptsCountWithTheirPlaces() {
        var different = List.of(List.of(prompt("a", Map.of(), 1, 2)), List.of(prompt("b", Map.of(), 1, 2)),
            List.of(prompt("a", Map.of(), 1), prompt("a", Map.of(), 2)), List.of(prompt("a", Map.of(), 2, 1)),
            List.of(prompt("a", Map.of("answer", "1"), 1, 2)), List.of(prompt("a", Map.of("tests", "1"), 1, 2)),
            List.of(prompt("a", Map.of("answer", "1", "tests", "2"), 1, 2)), List.of(prompt("a", Map.of("answer", "1, tests=2"), 1, 2)));
        var prints = new HashSet<String>();
        different.forEach(rows -> prints.add(Fingerprint.ofPrompts(rows)));
        assertEquals(different.size(), prints.size());
        assertEquals(Fingerprint.ofPrompts(List.of(prompt("a", Map.of("answer", "1", "tests", "2"), 1, 2))),
            Fingerprint.ofPrompts(List.of(prompt("a", Map.of("tests", "2", "answer", "1"), 1, 2))));
    }

    @Test
    void whatAModelReadsTextWithIsPartOfTheModel(@TempDir Path folder) throws IOException {
        Files.write(folder.resolve("model.safetensors"), new byte[] {1, 2, 3});
        var prints = new HashSet<>(List.of(Fingerprint.ofModel(folder)));
        for (var name : List.of("config.json", "tokenizer.json", "tokenizer_config.json", "generation_config.json",
            "chat_template.jinja")) {
            for (var text : List.of("{}", "[]")) {
                Files.writeString(folder.resolve(name), text);
                assertTrue(prints.add(Fingerprint.ofModel(folder)), name + " " + text);
            }
        }
        Files.writeString(folder.resolve("README.md"), "about");
        assertFalse(prints.add(Fingerprint.ofModel(folder)));
    }
}
