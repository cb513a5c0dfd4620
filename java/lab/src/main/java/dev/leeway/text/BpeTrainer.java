package dev.leeway.text;

import dev.leeway.LeewayException;
import dev.leeway.text.BpeVocabulary.Merge;
import dev.leeway.text.BpeVocabulary.Specials;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Learns a byte-level BPE vocabulary from text (Sennrich et al. 2016, on bytes as in GPT-2): starting from the 256 bytes, the most frequent
 * pair of neighbours inside words becomes a new token, until the vocabulary is full or no pair occurs twice.
 *
 * <p>The same text gives the same vocabulary everywhere: among equally frequent pairs the one with the smaller left id wins, then the
 * smaller right id. Counts of pairs are kept up to date per changed word, so a merge costs what it changes.
 */
public final class BpeTrainer {

    /** GPT-2's split into words, the one that {@code tokenizers} means by ByteLevel with {@code use_regex}. */
    private static final Pattern WORDS = Pattern.compile(
            "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+", Pattern.UNICODE_CHARACTER_CLASS);
    private static final int LEAST_COUNT = 2;

    private final int vocabSize;
    private final Specials specials;

    /**
     * A trainer of vocabularies of one size.
     *
     * @param vocabSize how many tokens to end with, special ones and the 256 bytes included; fewer if the text is too small
     * @param specials  the special tokens
     */
    public BpeTrainer(int vocabSize, Specials specials) {
        int least = specials.all().size() + 256;
        if (vocabSize < least) {
            throw LeewayException.usage("a vocabulary of %d tokens is too small: the 256 bytes and %d special tokens need %d",
                    vocabSize, least - 256, least);
        }
        this.vocabSize = vocabSize;
        this.specials = specials;
    }

    /** Learns from the documents; special tokens inside them are text like any other. */
    public BpeVocabulary train(Iterable<String> documents) {
        return new Run(countWords(documents)).vocabulary();
    }

    private static Map<String, Long> countWords(Iterable<String> documents) {
        Map<String, Long> counts = new LinkedHashMap<>();
        for (String document : documents) {
            Matcher words = WORDS.matcher(document);
            while (words.find()) {
                counts.merge(words.group(), 1L, Long::sum);
            }
        }
        return counts;
    }

    /** Two neighbouring tokens. */
    private record Pair(int left, int right) {}

    /** A pair with the count it had when it was queued; stale once the count has changed. */
    private record Candidate(Pair pair, long count) {
        static final Comparator<Candidate> BEST_FIRST = Comparator.comparingLong(Candidate::count).reversed()
                .thenComparingInt(c -> c.pair.left).thenComparingInt(c -> c.pair.right);
    }

    /** One word of the corpus: its tokens so far, and how often it occurs. */
    private static final class Word {
        private final long count;
        private int[] tokens;

        Word(int[] tokens, long count) {
            this.tokens = tokens;
            this.count = count;
        }

        void join(Pair pair, int joined) {
            int length = 0;
            for (int i = 0; i < tokens.length; i++) {
                boolean match = i + 1 < tokens.length && tokens[i] == pair.left && tokens[i + 1] == pair.right;
                tokens[length++] = match ? joined : tokens[i];
                i += match ? 1 : 0;
            }
            tokens = Arrays.copyOf(tokens, length);
        }
    }

    /** One training: the words, the counts of their pairs, and the tokens and merges found so far. */
    private final class Run {
        private final List<String> tokens = new ArrayList<>(specials.all());
        private final List<Merge> merges = new ArrayList<>();
        private final Map<Pair, Long> counts = new HashMap<>();
        private final Map<Pair, Set<Word>> wordsWith = new HashMap<>();
        private final PriorityQueue<Candidate> queue = new PriorityQueue<>(Candidate.BEST_FIRST);

        Run(Map<String, Long> wordCounts) {
            int firstByte = tokens.size();
            for (int value = 0; value < 256; value++) {
                tokens.add(String.valueOf(ByteAlphabet.symbol(value)));
            }
            Set<Pair> seen = new HashSet<>();
            wordCounts.forEach((text, count) -> {
                int[] start = Arrays.stream(ByteAlphabet.bytes(text)).map(value -> firstByte + value).toArray();
                count(new Word(start, count), 1, seen);
            });
            enqueue(seen);
        }

        BpeVocabulary vocabulary() {
            Set<String> taken = new HashSet<>(tokens);
            while (tokens.size() < vocabSize && !queue.isEmpty()) {
                Candidate best = queue.poll();
                String text = tokens.get(best.pair.left) + tokens.get(best.pair.right);
                // A token's text must be unique: two ways to build the same text keep the first, as a special token keeps its own.
                if (best.count == counts.getOrDefault(best.pair, 0L) && taken.add(text)) {
                    merges.add(new Merge(tokens.get(best.pair.left), tokens.get(best.pair.right)));
                    tokens.add(text);
                    join(best.pair, tokens.size() - 1);
                }
            }
            return new BpeVocabulary(specials, tokens, merges);
        }

        private void join(Pair pair, int joined) {
            Set<Pair> changed = new HashSet<>();
            for (Word word : wordsWith.remove(pair)) {
                count(word, -1, changed);
                word.join(pair, joined);
                count(word, 1, changed);
            }
            enqueue(changed);
        }

        /** Adds the word's pairs to the counts, or with {@code sign} −1 takes them away; notes them as changed. */
        private void count(Word word, int sign, Set<Pair> changed) {
            for (int i = 0; i + 1 < word.tokens.length; i++) {
                var pair = new Pair(word.tokens[i], word.tokens[i + 1]);
                counts.merge(pair, sign * word.count, Long::sum);
                changed.add(pair);
                if (sign > 0) {
                    wordsWith.computeIfAbsent(pair, _ -> new HashSet<>()).add(word);
                }
            }
        }

        private void enqueue(Set<Pair> changed) {
            for (Pair pair : changed) {
                long count = counts.get(pair);
                if (count >= LEAST_COUNT) {
                    queue.add(new Candidate(pair, count));
                }
            }
        }
    }
}
