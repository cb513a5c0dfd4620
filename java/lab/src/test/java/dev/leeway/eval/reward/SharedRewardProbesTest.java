package dev.leeway.eval.reward;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.leeway.eval.Answer;
import dev.leeway.eval.Baseline;
import dev.leeway.eval.Benchmark;
import dev.leeway.eval.Csv;
import dev.leeway.eval.DataFolder;
import dev.leeway.eval.Entry;
import dev.leeway.eval.Instruments;
import dev.leeway.eval.Item;
import dev.leeway.eval.Options;
import dev.leeway.eval.Row;
import dev.leeway.eval.Setting;
import dev.leeway.eval.Statistic;
import dev.leeway.eval.Subject;
import dev.leeway.eval.TokenTexts;
import dev.leeway.text.Tokenizer;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What the probes are on the real words: their sizes, what a rule in the place of a model gets, and how real tokens decode. */
@Tag("shared")
final class SharedRewardProbesTest {

    private static final Path SHARED = Path.of(System.getProperty("leeway.shared", ""));
    private static final Path DATA = SHARED.resolve("data/reward-models");
    private static final Path LLAMA = SHARED.resolve("tokenizers/llama-3.1");

    private static Benchmark<?> load(Entry entry, Map<String, String> options) {
        return entry.loader().load(new DataFolder(List.of(DATA, LLAMA), DATA), new Options(entry.card().id(), entry.options(), options));
    }

    private static <I extends Item> List<Statistic> of(Benchmark<I> probe, Subject subject) {
        var items = probe.items();
        var requests = items.stream().map(item -> new Subject.Asked(probe.request(item, Setting.BARE), 0)).toList();
        var responses = subject.answer(requests);
        var answers = IntStream.range(0, items.size()).mapToObj(i ->
            new Answer<>(items.get(i), Setting.BARE, 0, requests.get(i).request(), responses.get(i))).toList();
        var scores = probe.score(answers, Instruments.NONE);
        return probe.summarise(IntStream.range(0, items.size()).mapToObj(i -> new Row<>(items.get(i), Setting.BARE, 0, scores.get(i)))
            .toList());
    }

    @Test
    void everyBaselineRanksEveryCategoryInTheMiddle() {
        middle(load(WordProbe.bigTwo(), Map.of()), 14_202, 4, 132);
        middle(load(WordProbe.bigTwo(), Map.of("words", "expanded", "prompts", "greatest_ever_one")), 1365, 2, 683);
        middle(load(WordProbe.morality(), Map.of()), 110_160, 10, 1020.5);
    }

    private static void middle(Benchmark<?> probe, int items, int categories, double rank) {
        assertEquals(items, probe.items().size());
        var ranks = of(probe, Baseline.EMPTY).stream().filter(one -> one.name().endsWith("_rank")).toList();
        assertEquals(categories, ranks.size());
        ranks.forEach(one -> assertEquals(rank, one.value().orElseThrow(), one.name() + " " + one.slice()));
    }

    @Test
    void aScanHasEveryTextOfTheVocabularyOnce() {
        var probe = load(VocabularyProbe.entry(), Map.of());
        assertEquals(127_040, probe.items().size());
        assertEquals(127_040, probe.items().stream().map(Item::id).distinct().count());
        var found = of(probe, Baseline.EMPTY);
        assertEquals(0, found.stream().filter(one -> one.name().equals("variance")).findFirst().orElseThrow().value().orElseThrow());
        assertEquals(40, found.stream().filter(one -> one.name().equals("top") || one.name().equals("bottom")).count());
    }

    @Test
    void publishedTokensDecodeToTheirPublishedTexts() {
        try (var tokenizer = Tokenizer.load(LLAMA)) {
            var texts = TokenTexts.of(tokenizer, tokenizer.vocabSize());
            var rows = Csv.records(DATA.resolve("tables_facct2025/table_2b_top_bottom_tokens_R-Lla-3B.csv")).stream()
                .filter(row -> !row.text("Score").equals("...")).toList();
            assertEquals(44, rows.size());
            for (var row : rows) {
                assertEquals(row.text("Decoded"), texts.texts().get((int) row.number("Token ID")), row.place());
            }
            var distinct = texts.distinct();
            var shared = Csv.records(DATA.resolve("corpora/token_intersection.csv")).stream()
                .map(row -> row.text("token_decoded")).toList();
            var absent = shared.stream().filter(text -> !distinct.containsKey(text)).toList();
            assertEquals(85_524, shared.size());
            // An empty text, and five runs of punctuation whose spaces the published tables have lost.
            assertEquals(List.of("", "!$", "?>\">", "?????", "!***", ".........."), absent);
        }
    }
}
