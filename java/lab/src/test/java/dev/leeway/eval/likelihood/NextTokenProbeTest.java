package dev.leeway.eval.likelihood;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.eval.Answer;
import dev.leeway.eval.Benchmark;
import dev.leeway.eval.DataFolder;
import dev.leeway.eval.Instruments;
import dev.leeway.eval.Options;
import dev.leeway.eval.Request;
import dev.leeway.eval.Response;
import dev.leeway.eval.Score;
import dev.leeway.eval.Setting;
import dev.leeway.eval.Subject;
import dev.leeway.eval.TokenTexts;
import dev.leeway.eval.Value;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Ratios of distributions made by hand, joined by what tokens decode to. */
final class NextTokenProbeTest {

    @TempDir
    Path folder;

    @BeforeEach
    void writeWordsAndPrompts() throws IOException {
        Files.writeString(folder.resolve("dict_big2_expanded.csv"), "DicTerm,Agency,Communion\nskill,X,NA\ncare,NA,X\n");
        Files.writeString(folder.resolve("prompts.yaml"), "greatest_ever_one: Which?\nworst_ever_one: Which not?\n");
    }

    private NextTokenProbe load() {
        var entry = NextTokenProbe.entry();
        return (NextTokenProbe) entry.loader().load(new DataFolder(List.of(folder), folder),
            new Options("mwlr", entry.options(), Map.of()));
    }

    private static Response.Distribution distribution(Map<String, Double> probabilities) {
        var logProbs = new LinkedHashMap<String, Double>();
        probabilities.forEach((text, p) -> logProbs.put(text, Math.log(p)));
        return new Response.Distribution(logProbs);
    }

    /** Says the same to everything. */
    private record Always(Response response) implements Subject {
        @Override
        public String name() {
            return "always";
        }

        @Override
        public String hash() {
            return "0";
        }

        @Override
        public List<Response> answer(List<Asked> asked) {
            return asked.stream().map(_ -> response).toList();
        }

        @Override
        public void close() {
        }
    }

    private static Score score(Benchmark<NextTokenProbe.Asked> probe, Response own, Response other) {
        var item = probe.items().getFirst();
        var answer = new Answer<>(item, Setting.BARE, 0, probe.request(item, Setting.BARE), own);
        return probe.score(List.of(answer), new Instruments(List.of(), Optional.of(new Always(other)), Optional.empty(), 0)).getFirst();
    }

    @Test
    void theMainPromptIsAskedForAllVariantsOfAllWords() {
        var probe = load();
        assertEquals(List.of("greatest_ever_one"), probe.items().stream().map(NextTokenProbe.Asked::id).toList());
        var asked = (Request.Next) probe.request(probe.items().getFirst(), Setting.BARE);
        assertEquals(4 * 6, asked.texts().size());
        assertTrue(asked.texts().containsAll(Set.of("freedom", " Freedom", "LOVE", " CARE", "Skill")));
    }

    @Test
    void variantsAreAveragedOverThoseThatBothModelsHave() {
        var own = distribution(Map.of("Freedom", 0.5, " freedom", 0.2, "LOVE", 0.1, "skill", 0.1));
        var other = distribution(Map.of("Freedom", 0.1, "freedom", 0.3, "LOVE", 0.4, "CARE", 0.1));
        var score = score(load(), own, other);
        double freedom = (0.5 + 0.1) / 2 * Math.log(0.5 / 0.1);
        assertEquals(freedom, score.value("freedom").asNumber().orElseThrow(), 1e-15);
        assertEquals((0.1 + 0.4) / 2 * Math.log(0.1 / 0.4), score.value("love").asNumber().orElseThrow(), 1e-15);
        var absent = new Value.Missing("no such word is a token of both models' vocabularies");
        assertEquals(absent, score.value("agency"));
        assertEquals(absent, score.value("communion"));
        assertEquals(2, score.grades().size());
        assertEquals(-freedom, score(load(), other, own).value("freedom").asNumber().orElseThrow(), 1e-15);
    }

    @Test
    void whatEitherModelCannotTakeIsMissing() {
        var fine = distribution(Map.of("LOVE", 0.1));
        assertEquals(new Value.Missing("too long"), score(load(), new Response.Unable("too long"), fine).value("love"));
        assertEquals(new Value.Missing("the reference model: too long"),
            score(load(), fine, new Response.Unable("too long")).value("agency"));
    }

    @Test
    void ofTokensWithOneTextTheMostProbableCounts() {
        var texts = new TokenTexts(List.of("a", "", "b", "a", "c"));
        assertEquals(Map.of("a", -1.0, "b", -3.0, "c", -4.0), texts.distribution(new double[] {-2, -9, -3, -1, -4}, Set.of()).logProbs());
        assertEquals(Map.of("a", -1.0), texts.distribution(new double[] {-2, -9, -3, -1, -4}, Set.of("a", "d")).logProbs());
        assertEquals(Map.of("a", 0, "b", 2, "c", 4), texts.distinct());
    }
}
