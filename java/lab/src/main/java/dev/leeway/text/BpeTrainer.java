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
 * smaller right id. Counts of pairs are kept up to date where a pair was joined, so a merge costs what it changes, in words of any length.
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

    /**
     * All words of the corpus, one after the other. The tokens of a word are a chain: a joined pair stands where its left token stood, so
     * that joining costs the same however long the word is.
     */
    private static final class Words {
        private static final int NONE = -1;

        private final int[] tokens;
        private final int[] next;
        private final int[] previous;
        /** How often the word of a place occurs. */
        private final long[] counts;
        private int size;

        Words(int places) {
            tokens = new int[places];
            next = new int[places];
            previous = new int[places];
            counts = new long[places];
        }

        void add(int[] word, long count) {
            for (int i = 0; i < word.length; i++) {
                tokens[size] = word[i];
                counts[size] = count;
                previous[size] = i == 0 ? NONE : size - 1;
                next[size] = i == word.length - 1 ? NONE : size + 1;
                size++;
            }
        }

        /** Whether the pair stands at the place still, and not something that it was joined into. */
        boolean holds(Pair pair, int place) {
            return tokens[place] == pair.left && next[place] != NONE && tokens[next[place]] == pair.right;
        }

        void join(int place, int joined) {
            int gone = next[place];
            tokens[place] = joined;
            tokens[gone] = NONE;
            next[place] = next[gone];
            if (next[gone] != NONE) {
                previous[next[gone]] = place;
            }
        }
    }

    /** A list of numbers that grows. */
    private static final class Places {
        private int[] values = new int[4];
        private int size;

        void add(int value) {
            if (size == values.length) {
                values = Arrays.copyOf(values, 2 * size);
            }
            values[size++] = value;
        }

        /** Each once, rising. */
        int[] sorted() {
            return Arrays.stream(values, 0, size).sorted().distinct().toArray();
        }
    }

    /** One training: the words, the counts of their pairs, and the tokens and merges found so far. */
    private final class Run {
        private final List<String> tokens = new ArrayList<>(specials.all());
        private final List<Merge> merges = new ArrayList<>();
        private final Words words;
        private final Map<Pair, Long> counts = new HashMap<>();
        /** Where a pair came to stand; it may have gone from there. */
        private final Map<Pair, Places> places = new HashMap<>();
        private final PriorityQueue<Candidate> queue = new PriorityQueue<>(Candidate.BEST_FIRST);

        Run(Map<String, Long> wordCounts) {
            int firstByte = tokens.size();
            for (int value = 0; value < 256; value++) {
                tokens.add(String.valueOf(ByteAlphabet.symbol(value)));
            }
            long bytes = wordCounts.keySet().stream().mapToLong(word -> ByteAlphabet.bytes(word).length).sum();
            if (bytes > Integer.MAX_VALUE - 8) {
                throw LeewayException.data("the different words of the text have %,d bytes; a vocabulary is learnt from at most %,d, so"
                        + " train on a part of the text", bytes, Integer.MAX_VALUE - 8);
            }
            words = new Words((int) bytes);
            wordCounts.forEach((text, count) ->
                    words.add(Arrays.stream(ByteAlphabet.bytes(text)).map(value -> firstByte + value).toArray(), count));
            Set<Pair> seen = new HashSet<>();
            for (int place = 0; place < words.size; place++) {
                count(place, 1, seen);
            }
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

        /** From left to right, so that of three equal tokens the first two are joined. */
        private void join(Pair pair, int joined) {
            Set<Pair> changed = new HashSet<>();
            for (int place : places.remove(pair).sorted()) {
                if (words.holds(pair, place)) {
                    count(place, -1, changed);
                    count(words.previous[place], -1, changed);
                    count(words.next[place], -1, changed);
                    words.join(place, joined);
                    count(place, 1, changed);
                    count(words.previous[place], 1, changed);
                }
            }
            enqueue(changed);
        }

        /** Adds the pair that starts at a place, if one does, to the counts, or with {@code sign} −1 takes it away; notes it as changed. */
        private void count(int place, int sign, Set<Pair> changed) {
            if (place == Words.NONE || words.next[place] == Words.NONE) {
                return;
            }
            var pair = new Pair(words.tokens[place], words.tokens[words.next[place]]);
            counts.merge(pair, sign * words.counts[place], Long::sum);
            changed.add(pair);
            if (sign > 0) {
                places.computeIfAbsent(pair, _ -> new Places()).add(place);
            }
        }

        private void enqueue(Set<Pair> changed) {
            for (Pair pair : changed) {
                long count = counts.get(pair);
                if (count >= LEAST_COUNT) {
                    queue.add(new Candidate(pair, count));
                } else if (count == 0) {
                    counts.remove(pair);
                    places.remove(pair);
                }
            }
        }
    }
}
