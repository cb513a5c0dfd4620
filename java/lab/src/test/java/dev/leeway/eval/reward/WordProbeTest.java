package dev.leeway.eval.reward;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.LeewayException;
import dev.leeway.eval.Answer;
import dev.leeway.eval.Benchmark;
import dev.leeway.eval.DataFolder;
import dev.leeway.eval.Entry;
import dev.leeway.eval.Instruments;
import dev.leeway.eval.Item;
import dev.leeway.eval.Options;
import dev.leeway.eval.Prompt;
import dev.leeway.eval.Request;
import dev.leeway.eval.Response;
import dev.leeway.eval.Row;
import dev.leeway.eval.Score;
import dev.leeway.eval.Setting;
import dev.leeway.eval.Statistic;
import dev.leeway.eval.Turn;
import dev.leeway.eval.Value;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Five made-up words under two prompts, ranked by hand. */
final class WordProbeTest {

    @TempDir
    Path folder;

    @BeforeEach
    void writeWordsAndPrompts() throws IOException {
        write("dict_big2_nouns.csv", "\"Category\",\"token_decoded\"\n\"Agency\",\"skill\"\n\"Agency\",\"power\"\n"
            + "\"Communion\",\"warmth\"\n\"Communion\",\"care\"\n\"Communion\",\"trust\"\n");
        write("dict_big2_expanded.csv", "\"DicTerm\",\"Agency\",\"Communion\"\n\"skill\",\"X\",NA\n\"care\",NA,\"X\"\n");
        write("token_intersection.csv", "\"\",\"token_decoded\"\n\"1\",\" Skill\"\n\"2\",\"CARE\"\n\"3\",\"careful\"\n");
        write("prompts.yaml", "# two of them\nbest_ever_one: \"Which is the best?\"\n\nworst_ever_one: Which is the worst?\n");
    }

    private void write(String name, String text) throws IOException {
        Files.writeString(folder.resolve(name), text);
    }

    private Benchmark<?> load(Entry entry, Map<String, String> options) {
        return entry.loader().load(new DataFolder(List.of(folder), folder), new Options(entry.card().id(), entry.options(), options));
    }

    private static <I extends Item> List<Statistic> statistics(Benchmark<I> probe, ToDoubleFunction<Request.Rate> model) {
        var answers = probe.items().stream().map(item -> {
            var request = probe.request(item, Setting.BARE);
            return new Answer<>(item, Setting.BARE, 0, request, new Response.Rated(model.applyAsDouble((Request.Rate) request)));
        }).toList();
        var scores = probe.score(answers, Instruments.NONE);
        return probe.summarise(probe.amongAll(IntStream.range(0, scores.size()).mapToObj(i ->
            new Row<>(answers.get(i).item(), Setting.BARE, 0, scores.get(i))).toList()));
    }

    private static double value(List<Statistic> statistics, String name, String slice) {
        return statistics.stream().filter(one -> one.name().equals(name) && one.slice().equals(slice)).findFirst().orElseThrow()
            .value().orElseThrow();
    }

    @Test
    void aWordIsTheWholeAnswerToAPromptAndHasAStableName() {
        var probe = load(WordProbe.bigTwo(), Map.of());
        assertEquals(10, probe.items().size());
        assertEquals("best_ever_one/skill", probe.items().getFirst().id());
        assertEquals(Map.of("framing", "negative", "category", "Communion", "panel", "negative Communion"),
            probe.items().getLast().slices());
        statistics(probe, rate -> {
            var chat = (Prompt.Chat) rate.prompt();
            assertTrue(List.of(Turn.user("Which is the best?"), Turn.user("Which is the worst?")).contains(chat.turns().getFirst()));
            return rate.answer().length();
        });
    }

    @Test
    void aCategoryHasTheMedianOfItsWordsRanksAmongAllWords() {
        // Lengths: skill 5, power 5, warmth 6, care 4, trust 5. Descending ranks: warmth 1, skill = power = trust 3, care 5.
        var found = statistics(load(WordProbe.bigTwo(), Map.of()), rate -> rate.answer().length());
        assertEquals(3, value(found, "agency_rank", "framing=positive"));
        assertEquals(3, value(found, "communion_rank", "framing=positive"));
        // With power on top: power 1, warmth 2, skill = trust 3.5, care 5.
        found = statistics(load(WordProbe.bigTwo(), Map.of()), rate -> rate.answer().equals("power") ? 9 : rate.answer().length());
        assertEquals((1 + 3.5) / 2, value(found, "agency_rank", "framing=negative"));
        assertEquals(3.5, value(found, "communion_rank", "framing=negative"));
        assertEquals((5 + 9 + 6 + 4 + 5) / 5.0, value(found, "reward", "framing=negative"), 1e-15);
    }

    @Test
    void aWordHasItsRankAmongTheWordsOfItsPrompt() {
        var found = statistics(load(WordProbe.bigTwo(), Map.of("prompts", "best_ever_one")), rate -> rate.answer().length());
        assertEquals(3, value(found, "rank", "category=Agency"), "skill and power share 2 to 4");
        assertEquals((1 + 5 + 3) / 3.0, value(found, "rank", "panel=positive Communion"), 1e-15);
    }

    @Test
    void aWordWithoutARewardMissesItsRankAndTheOthersAreRankedWithoutIt() {
        var probe = (WordProbe) load(WordProbe.bigTwo(), Map.of("prompts", "best_ever_one"));
        var rows = IntStream.range(0, 5).mapToObj(i -> new Row<>(probe.items().get(i), Setting.BARE, 0, Score.of("reward", i == 2
            ? Value.missing("too long") : Value.of(-i)))).toList();
        var ranks = probe.amongAll(rows).stream().map(row -> row.score().value("rank")).toList();
        assertEquals(List.of(Value.of(1), Value.of(2), Value.missing("too long"), Value.of(3), Value.of(4)), ranks);
    }

    @Test
    void aConstantModelRanksEveryCategoryInTheMiddle() {
        var found = statistics(load(WordProbe.bigTwo(), Map.of()), _ -> 7);
        assertEquals(4, found.stream().filter(one -> one.name().endsWith("_rank")).peek(one ->
            assertEquals((5 + 1) / 2.0, one.value().orElseThrow())).count());
    }

    @Test
    void onePromptAndTheExpandedWordsAreOptions() {
        var probe = load(WordProbe.bigTwo(), Map.of("words", "expanded", "prompts", "worst_ever_one"));
        assertEquals(List.of("worst_ever_one/ Skill", "worst_ever_one/CARE"), probe.items().stream().map(Item::id).toList());
        var wrong = assertThrows(LeewayException.class, () -> load(WordProbe.bigTwo(), Map.of("prompts", "nicest")));
        assertEquals("big2.prompts is 'nicest'; expected all or one of [best_ever_one, worst_ever_one]", wrong.getMessage());
    }

    @Test
    void badFilesAreRefusedWithTheirPlaces() throws IOException {
        write("prompts.yaml", "nicest_ever_one: Which?\n");
        refused("prompts.yaml:1: the key 'nicest_ever_one' begins with none of [best, greatest, good]");
        write("prompts.yaml", "best_ever_one: Which?\nbest_ever_one: Which one?\n");
        refused("prompts.yaml:2 has the key best_ever_one again");
        write("prompts.yaml", "best_ever_one:\n  - Which?\n");
        refused("prompts.yaml:1 is 'best_ever_one:'; expected 'key: text'");
        write("prompts.yaml", "# none\n");
        refused("has no prompts");
        write("dict_big2_nouns.csv", "Category,token_decoded\nAgency,skill\nCommunion,skill\n");
        refused("dict_big2_nouns.csv:3 puts 'skill' into Communion, and an earlier row into Agency");
        write("dict_big2_nouns.csv", "DicTerm,Agency,Communion\nskill,X,X\n");
        refused("dict_big2_nouns.csv:2 has 'skill' in 2 categories");
    }

    private void refused(String part) {
        var message = assertThrows(LeewayException.class, () -> load(WordProbe.bigTwo(), Map.of())).getMessage();
        assertTrue(message.contains(part), message);
    }

    @Test
    void ranksAmongSomeOfTheWordsAreRefused() {
        assertEquals("benchmark big2 takes no limit: its numbers are of all its words, and those of the first few would have the same "
            + "names; leave the limit out, and choose one prompt with --set big2.prompts=KEY", assertThrows(LeewayException.class, () ->
            load(WordProbe.bigTwo(), Map.of()).first(3)).getMessage());
    }

    @Test
    void aScanOfMoreAnswersThanARunTakesIsRefusedBeforeTheyAreMade() {
        VocabularyProbe.requireFew(127_040, 7);
        assertEquals("vocabulary.prompts asks for 6860160 answers (127040 texts for each of 54 prompts), and a run takes 1000000 at most: "
            + "name one prompt, or use leeway probe reward --vocabulary once a prompt, which keeps rewards alone",
            assertThrows(LeewayException.class, () -> VocabularyProbe.requireFew(127_040, 54)).getMessage());
    }

    @Test
    void anotherTokenizersTextsAreNotScannedInTheNamedOnesPlace() throws IOException {
        write("tokenizer.json", "{}");
        Files.createDirectories(folder.resolve("gemma"));
        var named = Map.of("prompts", "best_ever_one", "tokenizer", "gemma/tokenizer.json");
        assertEquals("there is no gemma/tokenizer.json in the folders of --data, whose texts vocabulary rates; name the rated model's own "
            + "with vocabulary.tokenizer, by its path below a folder of --data",
            assertThrows(LeewayException.class, () -> load(VocabularyProbe.entry(), named)).getMessage());
    }

    @Test
    void rowsOfAnUnableModelAreMissingAndCounted() {
        var probe = load(WordProbe.bigTwo(), Map.of());
        assertEquals("too long", ((Value.Missing) scored(probe, new Response.Unable("too long"))).reason());
    }

    private static <I extends Item> Value scored(Benchmark<I> probe, Response response) {
        var item = probe.items().getFirst();
        return probe.score(List.of(new Answer<>(item, Setting.BARE, 0, probe.request(item, Setting.BARE), response)), Instruments.NONE)
            .getFirst().value("reward");
    }
}
