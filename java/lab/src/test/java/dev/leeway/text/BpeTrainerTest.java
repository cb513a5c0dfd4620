package dev.leeway.text;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.LeewayException;
import dev.leeway.text.BpeVocabulary.Merge;
import dev.leeway.text.BpeVocabulary.Specials;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class BpeTrainerTest {

    private static final Specials SPECIALS = TinyTokenizer.SPECIALS;

    @TempDir
    Path folder;

    @Test
    void theMostFrequentPairIsJoinedFirst() {
        // By hand: "ab" 5 times, "bc" 3 times, so a+b first; then ab+c (3) before the rest.
        var vocabulary = new BpeTrainer(260, SPECIALS).train(List.of("ab", "ab", "abc", "abc", "abc"));
        assertEquals(List.of(new Merge("a", "b"), new Merge("ab", "c")), vocabulary.merges());
        assertEquals(List.of("ab", "abc"), vocabulary.tokens().subList(258, 260));
    }

    @Test
    void equallyFrequentPairsAreJoinedInTheOrderOfTheirIds() {
        // bc, az and ad occur twice each: the smaller left id first, then the smaller right one; ids follow byte order.
        var vocabulary = new BpeTrainer(300, SPECIALS).train(List.of("bc", "bc", "az", "az", "ad", "ad"));
        assertEquals(List.of(new Merge("a", "d"), new Merge("a", "z"), new Merge("b", "c")), vocabulary.merges());
    }

    @Test
    void overlappingPairsAreCountedByWhatAJoinConsumes() {
        // "aaaa": a+a, then aa+aa; nothing is left to join, and no count goes astray.
        var vocabulary = new BpeTrainer(300, SPECIALS).train(List.of("aaaa", "aaaa"));
        assertEquals(List.of(new Merge("a", "a"), new Merge("aa", "aa")), vocabulary.merges());
    }

    @Test
    void theSameTextGivesTheSameFiles() throws IOException {
        List<String> documents = new ArrayList<>(List.of("the cat sat on the mat", "the dog sat", "¿qué tal? 😀😀", "12 + 34 = 46"));
        new BpeTrainer(290, SPECIALS).train(documents).save(folder.resolve("a"));
        Collections.reverse(documents);
        new BpeTrainer(290, SPECIALS).train(documents).save(folder.resolve("b"));
        for (String file : List.of("tokenizer.json", "tokenizer_config.json")) {
            assertEquals(-1, Files.mismatch(folder.resolve("a").resolve(file), folder.resolve("b").resolve(file)), file);
        }
    }

    @Test
    void theVocabularyEndsAtItsSizeAndItsIdsAreTheOrderOfItsTokens() {
        var vocabulary = new BpeTrainer(265, SPECIALS).train(List.of("the cat sat on the mat with the other cat"));
        vocabulary.save(folder);
        try (Tokenizer tokenizer = Tokenizer.load(folder)) {
            assertEquals(265, tokenizer.vocabSize());
            for (int id = 0; id < 265; id++) {
                assertEquals(id, tokenizer.tokenToId(vocabulary.tokens().get(id)).orElseThrow());
            }
        }
    }

    @Test
    void theEncoderAppliesTheMergesInTheirOrder() {
        new BpeTrainer(260, SPECIALS).train(List.of("ab", "ab", "abc", "abc", "abc")).save(folder);
        try (Tokenizer tokenizer = Tokenizer.load(folder)) {
            assertArrayEquals(new int[] {0, 259, tokenizer.tokenToId("a").orElseThrow()}, tokenizer.encode("abca", true));
        }
    }

    @Test
    void anyTextComesBackUnchanged() {
        try (Tokenizer tokenizer = TinyTokenizer.in(folder)) {
            var random = new SplittableRandom(7);
            for (int round = 0; round < 500; round++) {
                String text = randomText(random);
                assertEquals(text, tokenizer.decode(tokenizer.encode(text, true), true));
                assertEquals(SPECIALS.beginOfSequence() + text, tokenizer.decode(tokenizer.encode(text, true), false));
            }
        }
    }

    @Test
    void aMegabyteIsLearntFromInSeconds() {
        // A guard against quadratic behaviour, not a benchmark: about 0.3 s on one core of 2023.
        List<String> documents = new ArrayList<>();
        var random = new SplittableRandom(3);
        for (int i = 0; i < 20_000; i++) {
            documents.add("word" + random.nextInt(3000) + " " + Integer.toString(random.nextInt(1 << 20), 36) + " and so on, and so forth");
        }
        long start = System.nanoTime();
        assertEquals(2000, new BpeTrainer(2000, SPECIALS).train(documents).tokens().size());
        assertTrue(System.nanoTime() - start < 20_000_000_000L);
    }

    @Test
    void aVocabularyWithoutRoomForTheBytesIsRefused() {
        var refused = assertThrows(LeewayException.class, () -> new BpeTrainer(257, SPECIALS));
        assertEquals("a vocabulary of 257 tokens is too small: the 256 bytes and 2 special tokens need 258", refused.getMessage());
    }

    private static String randomText(SplittableRandom random) {
        var text = new StringBuilder();
        int length = random.nextInt(60);
        while (text.length() < length) {
            int codePoint = switch (random.nextInt(4)) {
                case 0 -> random.nextInt(0x80);
                case 1 -> random.nextInt(0x500);
                case 2 -> random.nextInt(0xD800);
                default -> random.nextInt(0xE000, 0x110000);
            };
            text.appendCodePoint(codePoint);
        }
        return text.toString();
    }

    @Test
    void mergesInLongWordsAreThoseOfCountingAnewEachTime() {
        var random = new Random(6);
        for (int round = 0; round < 50; round++) {
            String text = random.ints(120, 'a', 'd').mapToObj(Character::toString).collect(Collectors.joining());
            assertEquals(countedAnew(text, 12), new BpeTrainer(258 + 12, TinyTokenizer.SPECIALS).train(List.of(text)).merges(), text);
        }
    }

    /** The definition: count all pairs, join the most frequent one (the smaller ids where several are) from left to right, again. */
    private static List<Merge> countedAnew(String word, int most) {
        List<String> vocabulary = new ArrayList<>(List.of("a", "b", "c"));
        List<String> tokens = new ArrayList<>(List.of(word.split("")));
        List<Merge> merges = new ArrayList<>();
        Set<Merge> spent = new HashSet<>();
        while (merges.size() < most) {
            Map<Merge, Integer> counts = new HashMap<>();
            for (int i = 0; i + 1 < tokens.size(); i++) {
                counts.merge(new Merge(tokens.get(i), tokens.get(i + 1)), 1, Integer::sum);
            }
            Comparator<Merge> byIds = Comparator.<Merge>comparingInt(pair -> vocabulary.indexOf(pair.left()))
                    .thenComparingInt(pair -> vocabulary.indexOf(pair.right()));
            Optional<Merge> best = counts.keySet().stream().filter(pair -> counts.get(pair) >= 2 && !spent.contains(pair))
                    .min(Comparator.<Merge>comparingInt(counts::get).reversed().thenComparing(byIds));
            if (best.isEmpty()) {
                return merges;
            }
            spent.add(best.get());
            String joined = best.get().left() + best.get().right();
            if (vocabulary.contains(joined)) {
                continue; // two ways to build one text keep the first
            }
            merges.add(best.get());
            vocabulary.add(joined);
            for (int i = 0; i + 1 < tokens.size(); i++) {
                if (tokens.get(i).equals(best.get().left()) && tokens.get(i + 1).equals(best.get().right())) {
                    tokens.set(i, joined);
                    tokens.remove(i + 1);
                }
            }
        }
        return merges;
    }
}
