package dev.leeway.eval.likelihood;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.leeway.LeewayException;
import dev.leeway.eval.Answer;
import dev.leeway.eval.DataFolder;
import dev.leeway.eval.Instruments;
import dev.leeway.eval.Options;
import dev.leeway.eval.Request;
import dev.leeway.eval.Response;
import dev.leeway.eval.Row;
import dev.leeway.eval.Setting;
import dev.leeway.eval.Value;
import dev.leeway.eval.reward.WordProbe;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Distributions made by hand over the variants of three words. */
final class FirstWordProbeTest {

    @TempDir
    Path folder;

    @BeforeEach
    void writeWordsAndPrompts() throws IOException {
        Files.writeString(folder.resolve("dict_big2_nouns.csv"), "Category,token_decoded\nAgency,skill\nAgency,power\nCommunion,care\n");
        Files.writeString(folder.resolve("prompts.yaml"), "greatest_ever_one: Which?\nworst_ever_one: Which not?\n");
    }

    private FirstWordProbe load(Map<String, String> options) {
        var entry = FirstWordProbe.entry();
        return (FirstWordProbe) entry.loader().load(new DataFolder(List.of(folder), folder),
            new Options("first_word", entry.options(), options));
    }

    private static List<Row<WordProbe.Word>> rows(FirstWordProbe probe, List<Response> responses) {
        var answers = IntStream.range(0, responses.size()).mapToObj(i -> new Answer<>(probe.items().get(i), Setting.BARE, 0,
            probe.request(probe.items().get(i), Setting.BARE), responses.get(i))).toList();
        var scores = probe.score(answers, Instruments.NONE);
        return probe.amongAll(IntStream.range(0, scores.size()).mapToObj(i -> new Row<>(probe.items().get(i), Setting.BARE, 0,
            scores.get(i))).toList());
    }

    private static Response weighed(double... probabilities) {
        return new Response.Weighed(DoubleStream.of(probabilities).mapToObj(p -> new Response.Weight(Math.log(p), 1)).toList());
    }

    @Test
    void aWordIsAskedForInAllItsVariants() {
        var probe = load(Map.of("prompts", "all"));
        assertEquals(6, probe.items().size());
        var asked = (Request.Weigh) probe.request(probe.items().getFirst(), Setting.BARE);
        assertEquals(List.of("skill", " skill", "Skill", " Skill", "SKILL", " SKILL"), asked.options());
    }

    @Test
    void itsVariantsProbabilitiesAreAddedAndWordsAreRanked() {
        var rows = rows(load(Map.of()), List.of(weighed(0.1, 0.2), weighed(0.4, 1e-9), new Response.Unable("too long")));
        assertEquals(Math.log(0.1 + 0.2), rows.getFirst().score().value("log_prob").asNumber().orElseThrow(), 1e-15);
        assertEquals(List.of(Value.of(2), Value.of(1), Value.missing("too long")),
            rows.stream().map(row -> row.score().value("rank")).toList());
        var improbable = rows(load(Map.of()), List.of(new Response.Weighed(List.of(new Response.Weight(-2000, 9), new Response.Weight(-2000,
            9)))));
        assertEquals(-2000 + Math.log(2), improbable.getFirst().score().value("log_prob").asNumber().orElseThrow(), 1e-12);
    }

    @Test
    void ranksAmongSomeOfTheWordsAreRefused() {
        assertEquals(LeewayException.Kind.USAGE, assertThrows(LeewayException.class, () -> load(Map.of()).first(2)).kind());
    }
}
