package dev.leeway.data;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.leeway.data.CutFinder.Cut;
import dev.leeway.text.TinyTokenizer;
import dev.leeway.text.Tokenizer;
import dev.leeway.text.template.Span;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Cuts through texts: between tokens, and through one. */
final class CutFinderTest {

    @TempDir
    Path folder;

    @Test
    void cutsBetweenTokensAreCountedExactly() {
        assertEquals(Map.of(3, new Cut(length("Ana"), false), 7, new Cut(length("Ana has"), false)), cuts("Ana has a cat", 3, 7));
    }

    @Test
    void aTokenAcrossACutIsFoundByWhatStandsBeforeIt() {
        // " cat" is one token; one of the two cuts goes through it, so the pieces' ids aren't those of the whole.
        int before = length("Ana has a");
        assertEquals(Map.of(3, new Cut(length("Ana"), false), 12, new Cut(before, true)), cuts("Ana has a cat", 3, 12));
    }

    @Test
    void aPartMayStartWithTheText() {
        assertEquals(Map.of(0, new Cut(0, false), 3, new Cut(length("Ana"), false), 7, new Cut(length("Ana has"), false)),
                cuts("Ana has a cat", 0, 3, 7));
    }

    private int length(String text) {
        try (Tokenizer tokenizer = TinyTokenizer.in(folder)) {
            return tokenizer.encode(text, false).length;
        }
    }

    /** The cuts of a text whose trained parts lie between them: from the first to the second, and from the third on. */
    private Map<Integer, Cut> cuts(String text, int first, int second, int... third) {
        List<Span> trained = third.length == 0 ? List.of(new Span(first, second))
                : List.of(new Span(first, second), new Span(third[0], text.length()));
        try (Tokenizer tokenizer = TinyTokenizer.in(folder)) {
            var script = new Script(text, trained, Script.Kind.RENDERED);
            return new CutFinder(tokenizer, false).find(List.of(script), List.of(tokenizer.encode(text, false))).getFirst();
        }
    }
}
