package dev.leeway.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.eval.Card;
import dev.leeway.eval.Csv;
import dev.leeway.eval.Response;
import dev.leeway.eval.Results;
import dev.leeway.eval.Score;
import dev.leeway.eval.Setting;
import dev.leeway.eval.Source;
import dev.leeway.eval.Value;
import dev.leeway.eval.output.ResultFiles;
import dev.leeway.io.JsonFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class CompareCommandTest {

    /** Outcomes whose exact p is 14/64: five of the second run's items become right and one wrong. */
    private static final double[] BEFORE = {0, 0, 0, 0, 0, 1, 1, 0};
    private static final double[] AFTER = {1, 1, 1, 1, 1, 0, 1, 0};

    @TempDir
    private Path folder;

    private static Results.Result result(String model, String benchmark, Card.Kind kind, String data, double... values) {
        var card = new Card(benchmark, 1, benchmark, new Source("CC0", "nobody", Optional.empty(), List.of(), "make it up"),
            new Card.Measure("right", kind), Card.Better.HIGHER, 1);
        var lines = new ArrayList<Results.Line>();
        for (double value : values) {
            var given = Double.isNaN(value) ? Value.missing("the judge shrugs") : Value.of(value);
            lines.add(new Results.Line("item " + lines.size(), Map.of(), 0, new Response.Written("", false, 0), Score.of("right", given)));
        }
        return new Results.Result(model, new Results.Model("hash", new LinkedHashMap<>()), new Results.Origin(card, new LinkedHashMap<>(),
            new LinkedHashMap<>(Map.of("file", data)), List.of(), new Results.Extent(values.length, false)), Setting.BARE,
            List.of(), lines);
    }

    private static Results.Result outcomes(String model, double... values) {
        return result(model, "outcomes", Card.Kind.BINARY, "00ff", values);
    }

    private Path run(String name, Results.Result... results) {
        ResultFiles.write(folder.resolve(name), new Results(0, List.of(), Optional.empty(), List.of(results)));
        return folder.resolve(name);
    }

    private static void refused(int code, String sentence, Object... arguments) {
        var result = Cli.run(arguments);
        assertEquals(code, result.code(), result.err());
        assertTrue(result.err().contains(sentence), result.err());
        assertFalse(result.err().contains("\tat "), result.err());
    }

    /** Numbers 1, 1, 1 become 2, 3, 4: p = 1 − √12/√14 = 0.0742; Holm multiplies it by 2 and leaves 14/64. */
    @Test
    void theTableHasBothTestsCorrectedTogether() {
        var first = run("a", outcomes("base", BEFORE), result("base", "numbers", Card.Kind.REAL, "1", 1, 1, 1));
        var second = run("b", outcomes("tuned", AFTER), result("tuned", "numbers", Card.Kind.REAL, "1", 2, 3, 4));
        var out = Cli.succeed("compare", first, second, "--correction", "holm", "--output_file", folder.resolve("table.csv")).out();
        assertTrue(out.contains("base → tuned") && out.contains("McNemar") && out.contains("paired t") && out.contains("0.2188"), out);
        var rows = Csv.records(folder.resolve("table.csv"));
        assertEquals(14.0 / 64, rows.get(0).number("p"));
        assertEquals(14.0 / 64, rows.get(0).number("adjusted_p"));
        assertEquals(0.5, rows.get(0).number("difference"));
        assertEquals(List.of("5", "1"), List.of(rows.get(0).text("to_one"), rows.get(0).text("to_zero")));
        double p = 1 - Math.sqrt(12) / Math.sqrt(14);
        assertEquals(p, rows.get(1).number("p"), 1e-9);
        assertEquals(2 * p, rows.get(1).number("adjusted_p"), 2e-9);
        assertEquals(0.25, rows.get(1).number("wilcoxon_p"));
        assertEquals(2, rows.get(1).number("difference"));
    }

    @Test
    void theSameSeedGivesTheSameBytesAndMissingItemsAreCounted() throws IOException {
        var first = run("a", outcomes("m", 0, 1, 1, Double.NaN, 0));
        var second = run("b", outcomes("m", 1, 1, 1, 1, Double.NaN));
        for (var name : List.of("one.json", "two.json")) {
            Cli.succeed("compare", first, second, "--output_file", folder.resolve(name));
        }
        assertEquals(-1, Files.mismatch(folder.resolve("one.json"), folder.resolve("two.json")));
        var row = JsonFile.read(folder.resolve("one.json")).requireObjects("comparisons").getFirst();
        assertEquals(3, row.requireInt("pairs"));
        assertEquals(2, row.requireInt("missing"));
    }

    @Test
    void aSingleModelIsComparedWithEachAndOthersByName() {
        var one = run("one", outcomes("base", BEFORE));
        var two = run("two", outcomes("base", BEFORE), outcomes("tuned", AFTER));
        var three = run("three", outcomes("tuned", AFTER), outcomes("other", AFTER));
        assertTrue(Cli.succeed("compare", one, two).out().lines().filter(line -> line.startsWith("base → ")).count() == 2);
        var named = Cli.succeed("compare", two, three);
        assertTrue(named.out().contains("tuned → tuned") && !named.out().contains("base"), named.out());
        assertTrue(named.err().contains("left out  model base of " + two), named.err());
        assertTrue(Cli.succeed("compare", two, two, "--models", "base,tuned").out().contains("base → tuned"));
        refused(2, "is compared with itself; name two of its models with --models: base, tuned", "compare", two, two);
        refused(2, "has no model nobody; it has base, tuned", "compare", two, one, "--models", "nobody,base");
        refused(2, "name a pair with --models", "compare", two, run("four", outcomes("x", AFTER), outcomes("y", AFTER)));
    }

    @Test
    void otherDataAreRefusedUnlessThatIsAllowed() {
        var first = run("a", result("m", "outcomes", Card.Kind.BINARY, "00ff", BEFORE));
        var second = run("b", result("m", "outcomes", Card.Kind.BINARY, "ff00", AFTER));
        refused(3, "did not ask the same: outcomes data: [00ff] and [ff00]", "compare", first, second);
        assertTrue(Cli.succeed("compare", first, second, "--allow_differences").err().contains("differs   outcomes data"));
        refused(3, "nothing can be compared", "compare", first, run("c", result("m", "numbers", Card.Kind.REAL, "1", 1, 2)));
    }

    @Test
    void everythingThatIsWrongIsReportedAtOnce() throws IOException {
        var empty = Files.createDirectories(folder.resolve("empty"));
        var result = Cli.run("compare", folder.resolve("none"), "--correction", "fdr", "--measures", "some", "--confidence_level", "1",
            "--bootstrap_resamples", "10", "--output_file", "x.txt", "--models", "a");
        assertEquals(2, result.code());
        for (var sentence : List.of("compare takes two folders of finished evaluations; got 1", "is no folder",
            "a correction is none, bonferroni, holm or bh; got fdr", "--measures must be headline or all; got some",
            "--confidence_level must be between 0 and 1; got 1.0", "--bootstrap_resamples must be from 100 to 1000000; got 10",
            "--output_file must end in .csv or .json; got x.txt", "--models takes two names")) {
            assertTrue(result.err().contains(sentence), sentence + " in " + result.err());
        }
        refused(3, "has no results.json, which leeway eval writes when it is done", "compare", empty, empty);
    }
}
